import { interrupt } from '../../job/interruption.ts'
import type { JobRecord } from '../../job/job.ts'
import type { Rescued } from '../upkeep.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { leaveGates } from './gates.ts'
import { enterEnded } from './ledger.ts'
import { atMost } from './parameters.ts'
import { goBack, putBack } from './pending.ts'

export const NEXT_LAPSE = 'select min(lease_until) as nextLapseAt from millhand_workers'

/** When the next lease lapses, or the first one has; `null` where there is none. */
export function nextLapse(connection: Connection): number | null {
  return connection.get<{ nextLapseAt: number | null }>(NEXT_LAPSE)?.nextLapseAt ?? null
}

/** Workers that jobs carry the name of, found by skipping from one to the next, and that are not there any more. */
export const WORKERS_LOST = `with recursive holders (worker) as (
    select * from (select worker from millhand_jobs where worker is not null order by worker limit 1)
    union all
    select (select worker from millhand_jobs where worker > holders.worker order by worker limit 1)
      from holders where holders.worker is not null
  )
  select worker from holders
  where worker is not null and not exists (select 1 from millhand_workers where id = worker)`

/** Whether a rescue has not come to its end yet: asked without a lock. */
export function isUnfinished(connection: Connection): boolean {
  return connection.get(WORKERS_LOST) !== undefined
}

const END_LAPSED = 'delete from millhand_workers where lease_until <= ? returning id'

/**
 * Ends lapsed leases. A worker is forgotten at once, so that a beat which comes too late hears of it; its jobs follow,
 * at most `limit` a call. `job/interruption.ts` decides what becomes of each.
 */
export function rescue(
  connection: Connection,
  { crashLimit, limit }: { readonly crashLimit: number; readonly limit: number },
  nowMs: number,
): Rescued {
  const workers = connection.all<{ id: string }>(END_LAPSED, nowMs).map((row) => row.id)
  const verbs = Map.groupBy(leftBehind(connection, limit), (job) =>
    takeBack(connection, job, { crashLimit, nowMs }),
  )
  const again = verbs.get('rescue') ?? []
  const ended = verbs.get('fail') ?? []
  putBack(connection, seqsOf(again), nowMs)
  leaveGates(connection, seqsOf([...again, ...ended]), nowMs)
  recordChanges(connection, { verb: 'rescue', nowMs }, seqsOf(again))
  recordChanges(connection, { verb: 'fail', nowMs }, seqsOf(ended))
  enterEnded(connection, seqsOf(ended), { end: 'failed', nowMs })
  return {
    workers,
    rescued: again.map((job) => job.id),
    quarantined: ended.map((job) => job.id),
    more: isUnfinished(connection),
    nextLapseAt: nextLapse(connection),
  }
}

type Left = Pick<JobRecord, 'seq' | 'id' | 'state' | 'epoch' | 'attempt' | 'crashes' | 'care' | 'errors'> & {
  readonly worker: string
}

const JOBS_OF_WORKER = `select seq, id, state, epoch, attempt, crashes, care, errors, worker from millhand_jobs
  where worker = ? order by seq ${atMost()}`

/** The first `limit` jobs that carry the name of a worker that is gone. */
function leftBehind(connection: Connection, limit: number): Left[] {
  const jobs: Left[] = []
  for (const { worker } of connection.all<{ worker: string }>(WORKERS_LOST)) {
    if (jobs.length < limit) jobs.push(...connection.all<Left>(JOBS_OF_WORKER, worker, limit - jobs.length))
  }
  return jobs
}

const FORGET_WORKER = 'update millhand_jobs set worker = null where seq = ?'

const QUARANTINE = `update millhand_jobs set state = 'failed', worker = null, attempt = ?, crashes = ?, care = ?,
  errors = ?, failure_kind = 'crashed', finished_at = ? where seq = ?`

/** A cancelled job is only let go of: its handler was all that had not ended. */
function takeBack(
  connection: Connection,
  job: Left,
  { crashLimit, nowMs }: { crashLimit: number; nowMs: number },
): 'rescue' | 'fail' | 'let go' {
  if (job.state === 'cancelled') {
    connection.run(FORGET_WORKER, job.seq)
    return 'let go'
  }
  const interruption = interrupt({ ...job, begun: job.state === 'running' }, nowMs, crashLimit)
  const { verb, attempt, crashes, care, errors } = interruption
  if (verb === 'fail') connection.run(QUARANTINE, attempt, crashes, care, errors, nowMs, job.seq)
  else goBack(connection, { ...job, ...interruption, begunAfterMs: null }, nowMs)
  return verb
}

function seqsOf(jobs: readonly Left[]): number[] {
  return jobs.map((job) => job.seq)
}
