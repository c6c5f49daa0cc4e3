import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Options } from './options.ts'

/** Where the database is: a file that somebody named, or a new one in a folder of its own, which goes with the demo. */
export class Place {
  readonly file: string
  readonly kept: boolean
  readonly #folder: string | undefined

  constructor({ database, keep }: Pick<Options, 'database' | 'keep'>) {
    this.#folder = database === undefined ? mkdtempSync(join(tmpdir(), 'millhand-demo-')) : undefined
    this.file = database ?? join(this.#folder ?? '', 'library.db')
    this.kept = keep || database !== undefined
  }

  [Symbol.dispose](): void {
    if (!this.kept && this.#folder) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
