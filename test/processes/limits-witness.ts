import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Holder, LimitedProcessOptions, Line, Run } from './limited.ts'
import { pause } from './pause.ts'

const ASK_AGAIN_MS = 50

type Running = Run & { readonly grantedAt: number }

/** Which of these jobs run, by the store, all at one instant. */
type Look = (ids: readonly string[]) => Promise<readonly Running[]>

/**
 * Writes the starts and the ends of handlers to a file that is no part of the store. Whoever starts has written that before
 * he looks at who has started and not ended, and asks the store which of those run in the epoch in which they started: of
 * two that begin at a time, the second one sees both.
 */
export class Witness {
  readonly #file: string
  readonly #look: Look

  constructor({ url, witness }: Pick<LimitedProcessOptions, 'url' | 'witness'>) {
    this.#file = witness
    this.#look = url.startsWith('sqlite:') ? lookInFile(url.slice('sqlite:'.length)) : lookInServer(url)
  }

  async start({ id, epoch, key }: Holder): Promise<void> {
    this.#write({ kind: 'start', id, epoch, key })
    const open = openRuns(readLines(this.#file))
    const running = await this.#look(open.map((run) => run.id))
    const runs = new Map(running.map((run) => [nameOf(run), run]))
    const holders = open.filter((run) => runs.has(nameOf(run)))
    this.#write({
      ...{ kind: 'seen', id, epoch, holders },
      grantedAt: runs.get(nameOf({ id, epoch }))?.grantedAt ?? null,
    })
  }

  end({ id, epoch }: Run): void {
    this.#write({ kind: 'end', id, epoch })
  }

  #write(line: Line): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`)
  }
}

export function readLines(file: string): Line[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

export function nameOf({ id, epoch }: Run): string {
  return `${id} in epoch ${epoch}`
}

function openRuns(lines: readonly Line[]): Holder[] {
  const open = new Map<string, Holder>()
  for (const line of lines) {
    if (line.kind === 'start') open.set(nameOf(line), { id: line.id, epoch: line.epoch, key: line.key })
    if (line.kind === 'end') open.delete(nameOf(line))
  }
  return [...open.values()]
}

const IN_FILE = `select id, epoch, started_at as grantedAt from millhand_jobs
  where state = 'running' and id in (select value from json_each(?))`

function lookInFile(file: string): Look {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 60_000 })
  const statement = database.prepare(IN_FILE)
  return async (ids) => statement.all(JSON.stringify(ids)) as unknown as Running[]
}

const inServer = (schema: string) => `select j.id, u.epoch, c.started_at::float as "grantedAt"
  from "${schema}".claims c cross join lateral unnest(c.seqs, c.epochs) as u(seq, epoch)
  join "${schema}".jobs j using (seq) where c.begun and j.id = any($1)`

/** Waits for a server that is away. */
function lookInServer(url: string): Look {
  const schema = new URL(url).searchParams.get('schema') ?? ''
  const pool = new pg.Pool({ connectionString: url.split('?')[0], max: 2 })
  pool.on('error', () => {})
  return async (ids) => {
    for (;;) {
      try {
        return (await pool.query<Running>(inServer(schema), [ids])).rows
      } catch {
        await pause(ASK_AGAIN_MS)
      }
    }
  }
}
