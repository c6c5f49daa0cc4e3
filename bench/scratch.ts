import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stores } from './stores.ts'

/** Database files that are gone when the run is over. */
export class Scratch implements Stores {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millhand-bench-'))
  readonly #onExit = () => this[Symbol.dispose]()
  readonly #files = new Set<string>()
  #count = 0

  constructor() {
    // An interrupt leaves the scope without disposing of it.
    process.once('exit', this.#onExit)
  }

  /** The path of a file that is not there yet. */
  file(): string {
    this.#count += 1
    const file = join(this.#folder, `${this.#count}.db`)
    this.#files.add(file)
    return file
  }

  async describe(): Promise<string> {
    return `SQLite ${process.versions.sqlite}`
  }

  async create(): Promise<string> {
    return this.file()
  }

  /** SQLite writes what it has to before it answers. */
  async rest(): Promise<void> {}

  async drop(file: string): Promise<void> {
    this.#files.delete(file)
    for (const part of [file, `${file}-wal`, `${file}-shm`]) rmSync(part, { force: true })
  }

  async clear(): Promise<void> {
    for (const file of this.#files) await this.drop(file)
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
  }
}
