import type { Hold, Settlement } from '../../../job/outcome.ts'
import { tell, WAKE } from '../change.ts'
import { arrayLiteral } from '../connection/array.ts'
import { AS_ROW, leaving, locked, membersOf } from '../holding.ts'
import { ENTRY_TYPES, enter, entering, entryValues } from '../ledger.ts'
import { column, rangeOf } from '../parameters.ts'
import type { Session } from '../session.ts'
import { CLOCK, statement } from '../sql.ts'

/**
 * What most jobs come to, by a statement that is narrower than `LEAVE`. A row of `claims` of which all jobs are
 * complete (`whole`) becomes a row of `completed` as it is. Whoever names it says how many jobs that are, since the row
 * may have lost some that were cancelled, and which call claimed them, since a server that crashed may give the name
 * again. Of the others, the part that is complete becomes one row, or several where they began apart. Jobs that were only
 * held, and of which nobody says when they began, are left to `LEAVE`.
 */
const COMPLETE = statement(
  {
    seqs: 'bigint[]',
    epochs: 'integer[]',
    begunAfter: 'integer[]',
    workers: 'text[]',
    low: 'bigint',
    high: 'bigint',
    holds: 'bigint[]',
    calls: 'text[]',
    sizes: 'integer[]',
    holdsBegunAfter: 'integer[]',
    holdsAfters: 'text[]',
    keyed: 'bigint[]',
    keyedIn: 'bigint[]',
    ...ENTRY_TYPES,
  },
  `with ${CLOCK}, given as (
    select * from unnest($seqs, $epochs, $begunAfter) as g(seq, epoch, after)
  ), named as materialized (
    select * from unnest($holds, $calls, $sizes, $holdsBegunAfter, $holdsAfters)
      with ordinality as n(id, call, size, after, afters, place)
  ), ${locked({ workers: '$workers', low: '$low', high: '$high' })}, whole as materialized (
    select h.*, h.started_at + case when h.begun then 0 else n.after end as begun_at,
      case when not h.begun then n.afters::smallint[] end as afters, n.place
    from held h join named n using (id, call) where cardinality(h.seqs) = n.size and (h.begun or n.after is not null)
  ), members as materialized (
    ${membersOf('(select * from held where id not in (select id from whole))')}
  ), each as materialized (
    select m.*, g.seq is not null and (m.begun or g.after is not null) as leaves,
      m.started_at + case when m.begun then 0 else g.after end as begun_at
    from members m left join given g using (seq, epoch)
  ), ${leaving('select id from whole')}, ended as (
    insert into millhand.completed (finished_at, started_at, seqs, epochs, attempts, crashes, dues, cares, afters)
    select (select now from clock), begun_at, seqs, epochs, attempts, crashes, dues, cares, afters from whole
    union all select (select now from clock), begun_at, seqs, epochs, attempts, crashes, dues, cares, null
      from (select begun_at, ${AS_ROW} from each where leaves group by id, begun_at) together
  ), freed as (
    delete from millhand.keys where seq = any (array(
      select seq from each where leaves
      union all select seq from unnest($keyed, $keyedIn) as k(seq, place)
      where place in (select place from whole)))
  ), announced as (
    select seq, epoch, 'complete' as verb, 'complete' as state from each where leaves
    union all select u.seq, u.epoch, 'complete', 'complete' from whole
    cross join lateral unnest(seqs, epochs) as u(seq, epoch)
  ), ${tell('announced')}, missed as materialized (
    select seq, null::bigint as broken from given where seq not in (select seq from each where leaves)
    union all select null, place from named where place not in (select place from whole)
  ), ${entering('not exists (select from missed)')}
  select seq, broken from missed where ${WAKE}`,
)

/** Writes that jobs of one worker are complete; gives those that it could not. No job may be in it twice. */
export async function complete(
  session: Session,
  worker: string,
  completions: readonly Settlement[],
): Promise<ReadonlySet<number>> {
  if (completions.length === 0) return new Set()
  const whole = new Map<Hold, readonly Settlement[]>()
  const others: Settlement[] = []
  for (const [hold, jobs] of Map.groupBy(completions, ({ hold }) => hold)) {
    if (hold && isWhole(hold, jobs)) whole.set(hold, jobs)
    else others.push(...jobs)
  }
  const rows = await write(session, worker, { whole: [...whole].map(toNamed), others, all: completions })
  if (rows.length === 0) return new Set()
  const late = new Set(rows.flatMap(({ seq }) => seq ?? []))
  const jobsOf = [...whole.values()]
  const broken = new Set(rows.flatMap((row) => (row.broken === null ? [] : (jobsOf[row.broken - 1] ?? []))))
  await enter(
    session,
    completions.filter((each) => !late.has(each.seq) && !broken.has(each)),
  )
  // A row that has lost jobs meanwhile is written job by job.
  const single = [...broken].map((each) => ({ ...each, hold: undefined }))
  return new Set([...late, ...(await complete(session, worker, single))])
}

/** Whether all its jobs are here, in the epochs in which they were claimed, and began about together. */
function isWhole({ epochs }: Hold, jobs: readonly Settlement[]): boolean {
  if (epochs.size !== jobs.length || jobs.some(({ seq, epoch }) => epochs.get(seq) !== epoch)) return false
  const { firstMs, lastMs } = beginsOf(jobs)
  return lastMs - firstMs <= AFTER_MAX_MS
}

/** When the first and the last of them began, as far as that is said, and whether it is of all. */
function beginsOf(jobs: readonly Settlement[]) {
  let firstMs = Number.POSITIVE_INFINITY
  let lastMs = Number.NEGATIVE_INFINITY
  let areSaid = true
  for (const { begunAfterMs } of jobs) {
    if (begunAfterMs === null) areSaid = false
    else {
      if (begunAfterMs < firstMs) firstMs = begunAfterMs
      if (begunAfterMs > lastMs) lastMs = begunAfterMs
    }
  }
  return { firstMs, lastMs, areSaid }
}

/** What a `smallint` holds. */
const AFTER_MAX_MS = 32_767

/** A row of which all jobs are complete. */
interface Named {
  readonly hold: Hold
  readonly size: number
  readonly keyed: readonly number[]
  /** From the claim to the first of them that began; null where that is not said. */
  readonly afterMs: number | null
  /** From that to each, in the order of their numbers; null where it is nothing. */
  readonly afters: string | null
}

function toNamed([hold, jobs]: readonly [Hold, readonly Settlement[]]): Named {
  const keyed = hold.keyed.filter((seq) => hold.epochs.has(seq))
  const { firstMs: afterMs, lastMs, areSaid } = beginsOf(jobs)
  const named = { hold, keyed, size: jobs.length }
  if (!areSaid) return { ...named, afterMs: null, afters: null }
  if (afterMs === lastMs) return { ...named, afterMs, afters: null }
  const inOrder = jobs.toSorted((one, other) => one.seq - other.seq)
  return { ...named, afterMs, afters: arrayLiteral(inOrder.map((job) => (job.begunAfterMs ?? 0) - afterMs)) }
}

interface Parted {
  readonly whole: readonly Named[]
  readonly others: readonly Settlement[]
  readonly all: readonly Settlement[]
}

function write(session: Session, worker: string, { whole, others, all }: Parted) {
  const values = COMPLETE.values({
    seqs: others.map(({ seq }) => seq),
    epochs: others.map(({ epoch }) => epoch),
    begunAfter: column(others, ({ begunAfterMs }) => begunAfterMs),
    workers: [worker],
    ...rangeOf(all),
    holds: whole.map(({ hold }) => hold.id),
    calls: whole.map(({ hold }) => hold.call),
    sizes: whole.map(({ size }) => size),
    holdsBegunAfter: column(whole, ({ afterMs }) => afterMs),
    holdsAfters: column(whole, ({ afters }) => afters),
    keyed: whole.flatMap(({ keyed }) => keyed),
    keyedIn: whole.flatMap(({ keyed }, index) => keyed.map(() => index + 1)),
    ...entryValues(all),
  })
  return session.at<{ seq: number | null; broken: number | null }>(COMPLETE.text, ...values)
}
