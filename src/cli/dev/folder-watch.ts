import { type FSWatcher, readdirSync, watch } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { systemClock, type Timer } from '../../kit/clock.ts'

/** What a change of code or configuration looks like; what handlers write beside it must not restart them. */
const WATCHED = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '.yaml', '.yml']
const IGNORED = ['node_modules', 'dist', 'coverage']
/** An editor saves in several steps, and a checkout touches many files: one restart for all of it. */
const QUIET_MS = 100
/** Every folder costs a handle of the system; a tree with more of them is not one that somebody edits. */
const FOLDERS_MAX = 2_000

/**
 * Tells of changed files in a tree, once things are quiet. Watches every folder by itself: the recursive watch of the
 * system would follow `node_modules` too, and cannot be told not to.
 */
export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #changed = new Set<string>()
  readonly #onChange: (files: readonly string[]) => void
  #quiet: Timer | undefined

  constructor(folder: string, onChange: (files: readonly string[]) => void) {
    this.#onChange = onChange
    this.#add(folder)
  }

  close(): void {
    this.#quiet?.cancel()
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** `isNew`: what is in it was not there before, and is a change. */
  #add(folder: string, isNew = false): void {
    if (this.#watchers.size >= FOLDERS_MAX) return
    try {
      const entries = readdirSync(folder, { withFileTypes: true })
      const watcher = watch(folder, (event, name) => name !== null && this.#look(join(folder, name), event))
      watcher.on('error', () => this.#remove(folder))
      this.#watchers.set(folder, watcher)
      for (const entry of entries) {
        if (entry.isDirectory() && !isIgnored(entry.name)) this.#add(join(folder, entry.name), isNew)
        else if (isNew) this.#look(join(folder, entry.name), 'change')
      }
    } catch {
      // Gone again, no folder, or not ours to read: nothing to watch.
      this.#remove(folder)
    }
  }

  #remove(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  #look(path: string, event: string): void {
    if (isIgnored(basename(path))) return
    if (WATCHED.includes(extname(path))) this.#tell(path)
    else if (event === 'rename') {
      // A folder of this name that went and came is another one.
      this.#remove(path)
      this.#add(path, true)
    }
  }

  #tell(file: string): void {
    this.#changed.add(file)
    this.#quiet?.cancel()
    this.#quiet = systemClock.timer(QUIET_MS, () => {
      const files = [...this.#changed]
      this.#changed.clear()
      this.#onChange(files)
    })
  }
}

/** Hidden folders hold what tools keep for themselves: `.git`, `.millhand`, caches. */
function isIgnored(name: string): boolean {
  return name.startsWith('.') || IGNORED.includes(name)
}
