import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The working tree: `npm run` builds it before. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCES_MAX_BYTES = 512 * 2 ** 20

/** The standard output belongs to the figures. */
const QUIET: ['ignore', 'ignore', 'inherit'] = ['ignore', 'ignore', 'inherit']

/** The package of a commit, built in a folder of its own that is gone when the run is over. */
export class Build implements Disposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'millhand-compare-')))
  readonly #onExit = () => this[Symbol.dispose]()

  /** `commit` by its full name. */
  constructor(commit: string) {
    // An interrupt leaves the scope without disposing of it.
    process.once('exit', this.#onExit)
    execFileSync('tar', ['-x', '-C', this.folder], { input: git('archive', commit) })
    install(this.folder)
    execFileSync(process.execPath, ['scripts/build.ts'], { cwd: this.folder, stdio: QUIET })
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The full name of a commit. @throws Error where git knows none of this name */
export function commitOf(name: string): string {
  try {
    return git('rev-parse', '--verify', '--quiet', `${name}^{commit}`).toString().trim()
  } catch {
    throw new Error(
      `There is no commit '${name}' here. In a shallow clone, run 'git fetch --unshallow' first`,
    )
  }
}

/** With the same lockfile the packages are the same, and need not be installed once more. */
function install(folder: string): void {
  const lock = (root: string) => readFileSync(join(root, 'package-lock.json'), 'utf8')
  if (lock(folder) === lock(ROOT)) symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  else execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: QUIET })
}

function git(...words: string[]): Buffer {
  return execFileSync('git', words, {
    cwd: ROOT,
    maxBuffer: SOURCES_MAX_BYTES,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}
