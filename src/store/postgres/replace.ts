import { replacingCall } from '../../job/key.ts'
import { answers } from './calls.ts'
import { tell, WAKE } from './change.ts'
import { groupFor } from './claiming/lane-of-job.ts'
import { JOB_TYPES, jobValues, type LanedJob } from './job-values.ts'
import { heldUnder, heldUntil, type KeyHolder, keptFor } from './keys.ts'
import { among } from './lookup.ts'
import { column } from './parameters.ts'
import { bytesOf, placeFor } from './pending.ts'
import type { Session } from './session.ts'
import { CLOCK, statement } from './sql.ts'

/**
 * Makes jobs that wait what others are, with nothing left of what they have been but their number, their epoch and when
 * they were stored. Each leaves its place and comes back: a claim that has seen the old row does not take it with its old
 * input. What is not `taken` is not there any more: it was claimed, or has ended.
 */
const REPLACE = statement(
  { ...JOB_TYPES, seqs: 'bigint[]', kept: 'bigint[]', calls: 'text[]' },
  `with ${CLOCK}, given as materialized (
    select * from unnest($seqs, $ids, $names, $queues, $priorities, $inputs, $keys, $tags, $contexts, $retries, $timeouts,
      $delays, $runAt, $expiresIn, $deadlines, $lanes, $limits, $gates, $kept, $calls)
    as g(seq, id, name, queue, priority, input, key, tags, context, retries, timeout_ms, delay_ms, run_at, expires_in,
      deadline_ms, lane, limits, gate, kept, call)
  ), wanted as materialized (
    select seq from millhand.pending where seq = any($seqs) order by seq for update
  ), taken as (
    delete from millhand.pending p where ${among('p.seq', 'wanted')} returning p.seq, p.epoch
  ), changed as (
    update millhand.jobs j set queue = g.queue, priority = g.priority, input = g.input, tags = g.tags,
      context = g.context, retries = g.retries, timeout_ms = g.timeout_ms, limits = g.limits, rerun_of = null,
      deadline_at = (select now from clock) + g.deadline_ms
    from given g join taken using (seq) where j.seq = g.seq and ${among('j.seq', 'taken')}
  ), forgotten as (
    delete from millhand.details where ${among('seq', 'taken')}
  ), waiting as (
    insert into millhand.pending (seq, waits, class, lane, rank, due_at, expires_at, attempt, epoch, crashes, bytes, gate, turn_group)
    select seq, ${placeFor('coalesce(run_at, now + delay_ms)')}, lane, -priority,
      coalesce(run_at, now + delay_ms), now + least(expires_in, deadline_ms), 0, epoch, 0, ${bytesOf('null', 'null')}, gate, ${groupFor('limits')}
    from given j join taken using (seq) cross join clock
  ), kept as (
    update millhand.keys k set seq = ${heldUnder('g')}, kept_until = ${heldUntil('g')}
    from given g join taken using (seq) where k.name = g.name and k.key = g.key
  ), noted as (
    insert into millhand.calls (call, at, ids) select call, (select now from clock), array[id]
    from given join taken using (seq) on conflict do nothing
  ), announced as (
    select seq, -1 as epoch, 'enqueue' as verb, 'pending' as state from taken
  ), ${tell('announced', 'given')}
  select j.seq, j.queue from millhand.jobs j join taken using (seq) where ${WAKE}`,
)

/** A job, and the one that it meets. */
export interface Met {
  readonly job: LanedJob
  readonly holder: KeyHolder
}

/** Replaces jobs by others, each once; gives the queue in which each was that still waited, by its number. */
export async function replace(session: Session, given: readonly Met[]): Promise<ReadonlyMap<number, string>> {
  if (given.length === 0) return new Map()
  const jobs = given.map(({ job }) => job)
  const values = REPLACE.values({
    ...jobValues(jobs),
    seqs: given.map(({ holder }) => holder.seq),
    ids: given.map(({ holder }) => holder.id),
    kept: column(jobs, keptFor),
    calls: jobs.map(({ id }) => replacingCall(id)),
  })
  const rows = await session.at<{ seq: number; queue: string }>(REPLACE.text, ...values)
  return new Map(rows.map(({ seq, queue }) => [seq, queue]))
}

/** The jobs that these very calls have replaced before, whose answer was lost, by the id that the job would have. */
export async function replacedBefore(
  session: Session,
  jobs: readonly LanedJob[],
): Promise<ReadonlyMap<string, string>> {
  const made = await answers(
    session,
    jobs.map(({ id }) => replacingCall(id)),
  )
  return new Map(
    jobs.flatMap(({ id }) => {
      const [replaced] = made.get(replacingCall(id)) ?? []
      return replaced === undefined ? [] : [[id, replaced]]
    }),
  )
}

const GIVE_UP_KEY = `with freed as (
    delete from millhand.keys where seq = any($2::bigint[])
  )
  update millhand.jobs set key = null where seq = any($1::bigint[])`

/** What has begun goes on, without its key. */
export async function giveUpKeys(session: Session, holders: readonly KeyHolder[]): Promise<void> {
  if (holders.length === 0) return
  const seqs = holders.map(({ seq }) => seq)
  await session.rows(
    GIVE_UP_KEY,
    seqs,
    seqs.flatMap((seq) => [seq, -seq]),
  )
}
