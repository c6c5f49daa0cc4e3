import type { Hold, Settlement } from '../../job/outcome.ts'
import type { Session } from './session.ts'
import { CLOCK, tell, WAKE } from './sql.ts'

/**
 * What most jobs come to, by a statement that is narrower than `LEAVE`. A row of `claims` of which all jobs are
 * complete (`whole`) becomes a row of `completed` as it is. Whoever names it says how many jobs that are, since the row
 * may have lost some that were cancelled, and which call claimed them, since a server that crashed may give the name
 * again. Of the others, the part that is complete becomes one row. All rows are locked first, in one order, as `LEAVE`
 * does.
 */
const COMPLETE = `with ${CLOCK}, given as (
    select * from unnest($2::bigint[], $3::integer[]) as g(seq, epoch)
  ), named as materialized (
    select * from unnest($7::bigint[], $8::text[], $9::integer[]) with ordinality as n(id, call, size, place)
  ), held as materialized (
    select * from millhand.claims where worker = $4 and high >= $5 and low <= $6 order by id for update
  ), whole as materialized (
    select h.*, n.place from held h join named n using (id, call) where cardinality(h.seqs) = n.size
  ), members as materialized (
    select h.id, h.started_at, u.* from held h
    cross join lateral unnest(h.seqs, h.epochs, h.attempts, h.crashes, h.dues)
      as u(seq, epoch, attempt, crashes, due_at)
    where h.id not in (select id from whole)
  ), each as materialized (
    select m.*, g.seq is not null as gone from members m left join given g using (seq, epoch)
  ), parts as materialized (
    select id, started_at, gone, min(seq) as low, max(seq) as high, array_agg(seq) as seqs, array_agg(epoch) as epochs,
      array_agg(attempt) as attempts, array_agg(crashes) as crashes, array_agg(due_at) as dues
    from each group by id, started_at, gone
  ), shrunk as (
    update millhand.claims c set low = r.low, high = r.high, seqs = r.seqs, epochs = r.epochs, attempts = r.attempts,
      crashes = r.crashes, dues = r.dues
    from parts r join parts g using (id) where c.id = r.id and not r.gone and g.gone
  ), emptied as (
    delete from millhand.claims where id = any (array(
      select id from whole union all (select id from parts where gone except select id from parts where not gone)))
  ), ended as (
    insert into millhand.completed (finished_at, started_at, seqs, epochs, attempts, crashes, dues)
    select (select now from clock), started_at, seqs, epochs, attempts, crashes, dues from whole
    union all select (select now from clock), started_at, seqs, epochs, attempts, crashes, dues from parts where gone
  ), freed as (
    delete from millhand.keys where seq = any (array(
      select seq from each where gone
      union all select seq from unnest($10::bigint[], $11::bigint[]) as k(seq, place)
      where place in (select place from whole)))
  ), announced as (
    select seq, epoch, 'complete' as verb, 'complete' as state from each where gone
    union all select u.seq, u.epoch, 'complete', 'complete' from whole
    cross join lateral unnest(seqs, epochs) as u(seq, epoch)
  ), ${tell('announced')}
  select seq, null::bigint as broken from given where ${WAKE} and seq not in (select seq from each where gone)
  union all select null, place from named where place not in (select place from whole)`

/** A running job that has ended well and left nothing to be kept. */
type Completion = Pick<Settlement, 'seq' | 'epoch' | 'hold'>

/** Writes that jobs of one worker are complete; gives those that had left it before. No job may be in it twice. */
export async function complete(
  session: Session,
  worker: string,
  completions: readonly Completion[],
): Promise<ReadonlySet<number>> {
  if (completions.length === 0) return new Set()
  const whole = new Map<Hold, readonly Completion[]>()
  const others: Completion[] = []
  for (const [hold, jobs] of Map.groupBy(completions, ({ hold }) => hold)) {
    if (hold && isWhole(hold, jobs)) whole.set(hold, jobs)
    else others.push(...jobs)
  }
  const rows = await write(session, worker, { completions, whole: [...whole.keys()], others })
  const gone = rows.flatMap(({ seq }) => (seq === null ? [] : [seq]))
  const jobsOf = [...whole.values()]
  const broken = rows.flatMap((row) => (row.broken === null ? [] : (jobsOf[row.broken - 1] ?? [])))
  // A row that has lost jobs meanwhile is written job by job.
  const single = broken.map(({ seq, epoch }) => ({ seq, epoch }))
  return new Set([...gone, ...(await complete(session, worker, single))])
}

/** Whether all its jobs are here, in the epochs in which they were claimed. */
function isWhole({ epochs }: Hold, jobs: readonly Completion[]): boolean {
  return epochs.size === jobs.length && jobs.every(({ seq, epoch }) => epochs.get(seq) === epoch)
}

interface Parted {
  readonly completions: readonly Completion[]
  /** Of which all jobs are among them. */
  readonly whole: readonly Hold[]
  readonly others: readonly Completion[]
}

function write(session: Session, worker: string, { completions, whole, others }: Parted) {
  return session.at<{ seq: number | null; broken: number | null }>(
    COMPLETE,
    others.map(({ seq }) => seq),
    others.map(({ epoch }) => epoch),
    worker,
    completions.reduce((low, { seq }) => Math.min(low, seq), Number.MAX_SAFE_INTEGER),
    completions.reduce((high, { seq }) => Math.max(high, seq), 0),
    whole.map(({ id }) => id),
    whole.map(({ call }) => call),
    whole.map(({ epochs }) => epochs.size),
    whole.flatMap(({ keyed }) => keyed),
    whole.flatMap(({ keyed }, index) => keyed.map(() => index + 1)),
  )
}
