import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a server of the benchmarks keeps its files in: gone when the run is over, however it ends. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'millhand-bench-'))
  readonly #onExit = () => this[Symbol.dispose]()

  constructor() {
    process.once('exit', this.#onExit)
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit)
    rmSync(this.path, { recursive: true, force: true })
  }
}
