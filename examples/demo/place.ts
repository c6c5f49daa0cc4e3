import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Options, UsageError } from './options.ts'
import { startServer } from './server/server.ts'

/** Where the jobs and the index are. */
export interface Place extends AsyncDisposable {
  /** For `openQueue`. */
  readonly url: string
  /** What the paths of the files that belong to the database begin with, where it has any that a walk may meet. */
  readonly files?: string
  /** It is there when the demo has ended. */
  readonly kept: boolean
}

type Wanted = Pick<Options, 'store' | 'database' | 'keep'>

/** A place that somebody named, or a new one, which goes with the demo. @throws UsageError */
export async function openPlace({ store, database, keep }: Wanted, signal: AbortSignal): Promise<Place> {
  if (store === 'sqlite') return fileAt(database, keep)
  if (store === 'postgres') return onServerOfItsOwn(signal)
  return { url: withSchema(store), kept: true, async [Symbol.asyncDispose]() {} }
}

function fileAt(database: string | undefined, keep: boolean): Place {
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

async function onServerOfItsOwn(signal: AbortSignal): Promise<Place> {
  const { url, folder, stop } = await startServer(signal)
  return { url: withSchema(url), files: folder, kept: false, [Symbol.asyncDispose]: stop }
}

/** Not the schema of Millhand, and not `public`: whoever drops it drops what the demo has made, and nothing else. */
const SCHEMA = 'millhand_demo'

/** The tables of the index are in the schema of the jobs, and found without naming it. */
function withSchema(given: string): string {
  const url = URL.parse(given)
  if (!url) throw new UsageError('--store takes a URL such as postgres://USER:PASSWORD@HOST/DATABASE.')
  const schema = url.searchParams.get('schema') ?? SCHEMA
  url.searchParams.set('schema', schema)
  const options = [url.searchParams.get('options'), `-c search_path="${schema}"`]
  url.searchParams.set('options', options.filter(Boolean).join(' '))
  return url.href
}
