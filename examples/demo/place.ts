import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Options } from './options.ts'

/** Where the jobs and the index are. */
export interface Place extends AsyncDisposable {
  /** For `openQueue`. */
  readonly url: string
  /** What the paths of the files that belong to the database begin with, where it has any that a walk may meet. */
  readonly files?: string
  /** It is there when the demo has ended. */
  readonly kept: boolean
}

/** A file that somebody named, or a new one in a folder of its own, which goes with the demo. */
export function openPlace({ database, keep }: Pick<Options, 'database' | 'keep'>): Place {
  const folder = database === undefined ? mkdtempSync(join(tmpdir(), 'millhand-demo-')) : ''
  const file = database ?? join(folder, 'library.db')
  const kept = keep || database !== undefined
  return {
    url: `sqlite:${file}`,
    files: file,
    kept,
    async [Symbol.asyncDispose]() {
      if (!kept) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
