import { opendirSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export interface Options {
  /** Absolute. */
  folder: string
  workers: number
  json: boolean
  /** `sqlite`, `postgres` for a server that the demo starts, or the URL of one that is there. */
  store: string
  query: string | undefined
  /** The file to work on, absolute; a temporary one where it is not given. */
  database: string | undefined
  keep: boolean
  /** How long every job is slowed down; decided by the size of the folder where it is not given. */
  paceMs: number | undefined
}

/** What somebody typed cannot be done, whatever the state of things. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const WORKERS_MAX = 32

export const HELP = `Makes a folder of documents searchable, one job a file, and kills a worker half way.

npm run demo -- [FOLDER] [OPTIONS]

FOLDER             the folder to index; without it, the documents of this demo
--query WORDS      prints the documents that have all these words in one passage, and ends
--json             prints nothing but a line of JSON, the figures; everything else goes to stderr
--workers N        worker processes, 1 to ${WORKERS_MAX}; default 3
--store STORE      sqlite, the default; postgres, on a server that the demo starts and stops; or postgres://… of yours
--keep             keeps the database that was made, and says where it is
--database FILE    works on this database, which is always kept: what is in it and unchanged is not done again
--pace MS          slows every job down; default: what makes a folder of a few files last two seconds
--help             prints this

Exit code 0: nothing lost, nothing twice. 1: something was, or the demo failed. 2: wrong usage. 130: interrupted.`

/** The options of a command line; `undefined` where it asks for help. @throws UsageError */
export function readOptions(given: readonly string[]): Options | undefined {
  const { values, positionals } = parse(given)
  if (values.help) return undefined
  if (positionals.length > 1) throw new UsageError(`One folder at a time, not ${positionals.length}.`)
  const [folder] = positionals
  return {
    folder: folder === undefined ? DOCUMENTS : requireFolder(fromCaller(folder)),
    workers: wholeNumber('--workers', values.workers ?? '3', { min: 1, max: WORKERS_MAX }),
    json: values.json ?? false,
    query: values.query,
    ...whereTo(values),
    paceMs:
      values.pace === undefined ? undefined : wholeNumber('--pace', values.pace, { min: 0, max: 60_000 }),
  }
}

const POSTGRES_URL = /^postgres(ql)?:\/\/./

interface GivenPlace {
  store?: string
  database?: string
  keep?: boolean
}

function whereTo({ store = 'sqlite', database, keep = false }: GivenPlace) {
  if (store !== 'sqlite' && store !== 'postgres' && !POSTGRES_URL.test(store)) {
    throw new UsageError(`--store takes sqlite, postgres or postgres://…, not '${store}'.`)
  }
  if (database !== undefined && store !== 'sqlite') {
    throw new UsageError(
      '--database names a file of SQLite: --store postgres://… takes a server that is there.',
    )
  }
  if (keep && store === 'postgres') {
    throw new UsageError('--keep is not for a server that goes with the demo: --store postgres://… is kept.')
  }
  return { store, database: database === undefined ? undefined : fromCaller(database), keep }
}

const DOCUMENTS = fileURLToPath(new URL('./documents', import.meta.url))

function parse(given: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    query: text,
    workers: text,
    store: text,
    database: text,
    pace: text,
    json: flag,
    keep: flag,
    help: flag,
  }
  try {
    return parseArgs({ args: [...given], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** npm runs scripts in the folder of the package, wherever it was called. */
function fromCaller(path: string): string {
  const { INIT_CWD, npm_lifecycle_event } = process.env
  return resolve(npm_lifecycle_event === 'demo' && INIT_CWD ? INIT_CWD : '.', path)
}

function requireFolder(path: string): string {
  try {
    opendirSync(path).closeSync()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    throw new UsageError(`'${path}' is not a folder that can be read (${code}). Give the path of one.`)
  }
  return path
}

function wholeNumber(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value
  throw new UsageError(`${option} takes a whole number from ${min} to ${max}, not '${text}'.`)
}
