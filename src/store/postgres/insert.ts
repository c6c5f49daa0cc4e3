import { TransientError } from '../errors.ts'
import type { Inserted } from '../jobs.ts'
import { tell, WAKE } from './change.ts'
import { groupFor } from './claiming/lane-of-job.ts'
import { JOB_TYPES, jobValues, type LanedJob } from './job-values.ts'
import { heldUnder, heldUntil, holdersOf, keptFor, labelOf, releaseKeys } from './keys.ts'
import { column } from './parameters.ts'
import { bytesOf, placeFor } from './pending.ts'
import type { Session } from './session.ts'
import { CLOCK, statement } from './sql.ts'

/** In place of the number of a key: nothing was stored. No job has it, and no key that is kept. */
const UNSEEN = 0

const PARAMETERS = { ...JOB_TYPES, unseen: 'text[]', reruns: 'text[]' } as const

/**
 * Stores jobs whose key nobody holds, and says of which it did. A key that another transaction is about to take is
 * waited for: keys are taken in one order, or two that wait for each other's would wait for the server to see it. A job that is there already is this very call's, made again after its answer was lost: it takes no key,
 * since it may have finished meanwhile, and nobody would ever free that. `idle` are keys that were taken all the same,
 * for a job that came to be there between the look and the write. One whose key was held is told with the number that
 * was drawn for it: stored after all, it still arrived in the order of the call.
 *
 * Nothing is stored while something is set for one of the queues that its caller has left `unseen`: what that is has to be
 * read in the transaction, and is none of the business of all the others.
 */
const INSERT = insertion({
  seq: "nextval('millhand.arrivals') as seq, ",
  held: { columns: 'name, key, seq, id', values: 'name, key, seq, id', seq: 'seq' },
  parameters: {},
})

/** The same with numbers that are drawn before, and with keys that outlive their jobs. */
const INSERT_NUMBERED = insertion({
  seq: '',
  held: {
    columns: 'name, key, seq, id, kept_until',
    values: `name, key, ${heldUnder('given')}, id, ${heldUntil('given')}`,
    seq: 'abs(seq) as seq',
  },
  parameters: { seqs: 'bigint[]', kept: 'bigint[]' },
})

interface Insertion<Name extends string> {
  /** Where the number of a job comes from. */
  readonly seq: string
  /** How a key is taken. */
  readonly held: { readonly columns: string; readonly values: string; readonly seq: string }
  readonly parameters: Readonly<Record<Name, 'bigint[]'>>
}

function insertion<Name extends string = never>({ seq, held, parameters }: Insertion<Name>) {
  const more = Object.keys(parameters)
  const arrays = more.map((name) => `, $${name}`).join('')
  const columns = more.map((name) => (name === 'seqs' ? ', seq' : `, ${name}`)).join('')
  return statement(
    { ...PARAMETERS, ...parameters },
    `with ${CLOCK}, unseen as materialized (
    select from millhand.queues q where q.queue = any($unseen) and q.settings is not null limit 1
  ), given as materialized (
    select ${seq}g.*
    from unnest($ids, $names, $queues, $priorities, $inputs, $keys, $tags, $contexts,
      $retries, $timeouts, $delays, $runAt, $expiresIn, $deadlines, $lanes, $limits, $gates, $reruns${arrays})
    as g(id, name, queue, priority, input, key, tags, context, retries, timeout_ms, delay_ms, run_at, expires_in, deadline_ms,
      lane, limits, gate, rerun_of${columns})
    where not exists (select from unseen)
  ), held as (
    insert into millhand.keys (${held.columns}) select ${held.values} from given where key is not null
    and not exists (select from millhand.jobs j where j.id = given.id offset 0)
    order by name, key, seq on conflict do nothing returning ${held.seq}
  ), stored as (
    insert into millhand.jobs (seq, id, name, queue, priority, key, tags, context, retries, timeout_ms, created_at, deadline_at,
      input, limits, rerun_of)
    select seq, id, name, queue, priority, key, tags, context, retries, timeout_ms, (select now from clock),
      (select now from clock) + deadline_ms, input, limits, rerun_of
    from given where key is null or seq in (select seq from held)
    on conflict (id) do nothing returning seq
  ), waiting as (
    insert into millhand.pending (seq, waits, class, lane, rank, due_at, expires_at, attempt, epoch, crashes, bytes, gate, turn_group)
    select seq, ${placeFor('coalesce(run_at, now + delay_ms)')}, lane, -priority,
      coalesce(run_at, now + delay_ms), now + least(expires_in, deadline_ms), 0, 0, 0, ${bytesOf('null', 'null')}, gate, ${groupFor('limits')}
    from given j join stored using (seq) cross join clock
  ), announced as (
    select seq, 0 as epoch, 'enqueue' as verb, 'pending' as state from stored
  ), ${tell('announced', 'given')}
  select g.id, null::bigint as number from given g join stored using (seq) where ${WAKE}
  union all select id, seq from given where key is not null and seq not in (select seq from held)
  union all select null, seq from held where seq not in (select seq from stored)
  union all select null, ${UNSEEN} from unseen`,
  )
}

const FREE = 'delete from millhand.keys where seq = any($1::bigint[])'

const KNOWN = 'select id from millhand.jobs where id = any($1::text[])'

/** Tries to store a job whose key was held at first, and is not any more when its holder is asked for. */
const KEY_TRIES = 5

/** A job with its own number: drawn before, so that what is stored later still arrived in the order of the call. */
export interface NumberedJob extends LanedJob {
  readonly seq: number
}

/** What became of jobs: the answer for each, and the ids of those that were stored now and not before. */
export interface Stored {
  readonly inserted: Inserted[]
  readonly stored: ReadonlySet<string>
}

/**
 * Stores new jobs. Whether there is room for them is another question: see `Inserts`. `'unseen'`: nothing was done, since
 * something is set for one of the queues that the caller has left `unseen`.
 */
export async function insert(
  session: Session,
  jobs: readonly LanedJob[],
  unseen: readonly string[],
): Promise<Stored | 'unseen'> {
  const results = new Map<string, Inserted>()
  const stored = new Set<string>()
  let rest = jobs
  let written = await store(session, jobs, unseen)
  for (let tries = 1; ; tries += 1) {
    if (written === 'unseen') return written
    for (const id of written.ids) stored.add(id)
    const others = rest.filter(({ id }) => !stored.has(id))
    for (const [id, holder] of await heldBy(session, others)) {
      results.set(id, { id: holder, existed: holder !== id })
    }
    rest = others.filter(({ id }) => !results.has(id))
    if (rest.length === 0) break
    // Taken whenever it was to be stored, and free whenever its holder was asked for: it is not there.
    if (tries === KEY_TRIES) throw new TransientError('the key of a job changes hands all the time')
    written = await storeWith(session, numbered(rest, written.numbers), unseen)
  }
  return { inserted: jobs.map(({ id }) => results.get(id) ?? { id, existed: false }), stored }
}

/** With the numbers that were drawn for them when they were to be stored for the first time. */
function numbered(jobs: readonly LanedJob[], numbers: ReadonlyMap<string, number>): NumberedJob[] {
  return jobs.map((job) => {
    const seq = numbers.get(job.id)
    if (seq === undefined) throw new TransientError('a job was there, and is gone before that was seen')
    return { ...job, seq }
  })
}

/** The jobs that were stored, and the numbers of those whose keys were held. */
interface Written {
  readonly ids: ReadonlySet<string>
  readonly numbers: ReadonlyMap<string, number>
}

async function store(
  session: Session,
  jobs: readonly LanedJob[],
  unseen: readonly string[],
): Promise<Written | 'unseen'> {
  return readWritten(session, await session.at(INSERT.text, ...INSERT.values({ ...valuesOf(jobs), unseen })))
}

async function storeWith(
  session: Session,
  jobs: readonly NumberedJob[],
  unseen: readonly string[],
): Promise<Written | 'unseen'> {
  const more = { seqs: jobs.map(({ seq }) => seq), kept: column(jobs, keptFor), unseen }
  const values = INSERT_NUMBERED.values({ ...valuesOf(jobs), ...more })
  return readWritten(session, await session.at(INSERT_NUMBERED.text, ...values))
}

/** Stores those jobs whose key nobody holds, in a transaction that has seen what is set for their queues; gives their ids. */
export async function storeNumbered(
  session: Session,
  jobs: readonly NumberedJob[],
): Promise<ReadonlySet<string>> {
  const written = await storeWith(session, jobs, [])
  if (written === 'unseen') throw new Error('all queues were seen')
  return written.ids
}

function valuesOf(jobs: readonly LanedJob[]) {
  return { ...jobValues(jobs), reruns: column(jobs, ({ rerunOf }) => rerunOf ?? null) }
}

/** A job that was stored, one whose key was held, with its number, or the number of an idle key alone. */
interface WrittenRow {
  readonly id: string | null
  readonly number: number | null
}

async function readWritten(session: Session, rows: readonly WrittenRow[]): Promise<Written | 'unseen'> {
  const ids = new Set<string>()
  const numbers = new Map<string, number>()
  const idle: number[] = []
  for (const { id, number } of rows) {
    if (id === null) idle.push(number ?? UNSEEN)
    else if (number === null) ids.add(id)
    else numbers.set(id, number)
  }
  if (idle.includes(UNSEEN)) return 'unseen'
  if (idle.length > 0)
    await session.rows(
      FREE,
      idle.flatMap((seq) => [seq, -seq]),
    )
  return { ids, numbers }
}

/** For each job that was not stored: the job that holds its key, or itself where it was stored before. */
async function heldBy(session: Session, jobs: readonly LanedJob[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  if (jobs.length === 0) return found
  const holders = await holdersOf(session, jobs)
  await releaseKeys(
    session,
    [...holders.values()].filter(({ over }) => over),
  )
  for (const job of jobs) {
    const holder = holders.get(labelOf(job))
    if (holder && !holder.over) found.set(job.id, holder.id)
  }
  for (const id of await knownAmong(session, jobs)) found.set(id, id)
  return found
}

/** Those of the jobs that are there already. */
export async function knownAmong(session: Session, jobs: readonly LanedJob[]): Promise<string[]> {
  if (jobs.length === 0) return []
  const known = await session.rows<{ id: string }>(
    KNOWN,
    jobs.map(({ id }) => id),
  )
  return known.map(({ id }) => id)
}
