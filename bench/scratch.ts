import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Database files that are gone when the run is over. */
export class Scratch {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millhand-bench-'))
  readonly #onExit = () => this[Symbol.dispose]()
  #files = 0

  constructor() {
    // An interrupt leaves the scope without disposing of it.
    process.once('exit', this.#onExit)
  }

  /** The path of a file that is not there yet. */
  file(): string {
    this.#files += 1
    return join(this.#folder, `${this.#files}.db`)
  }

  /** Frees the disk before the run is over. */
  drop(file: string): void {
    for (const part of [file, `${file}-wal`, `${file}-shm`]) rmSync(part, { force: true })
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
