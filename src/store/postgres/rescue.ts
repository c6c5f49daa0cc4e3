import { interrupt } from '../../job/interruption.ts'
import type { JobRecord } from '../../job/job.ts'
import type { Rescued } from '../upkeep.ts'
import { type Leave, leave } from './leaving/leave.ts'
import { enterEnded } from './ledger.ts'
import { rowOf } from './lookup.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'
import { forget } from './workers.ts'

/** What is to be rescued, and when the next lease lapses. */
interface Outlook {
  readonly nextLapseAt: number | null
  /** A lease has lapsed. */
  readonly lapsed: boolean
  /** There are jobs of workers that are gone: of one that was rescued while it claimed, or with more than one rescue takes. */
  readonly left: boolean
}

const OUTLOOK = `select min(lease_until) as "nextLapseAt", coalesce(min(lease_until) <= ${NOW}, false) as lapsed,
  exists (select from millhand.claims c where not exists (select from millhand.workers w where w.id = c.worker)) as left
  from millhand.workers`

/** Asked without a lock. */
export async function lookForLapsed(session: Session): Promise<Outlook> {
  const [row] = await session.at<Outlook>(OUTLOOK)
  return row ?? { nextLapseAt: null, lapsed: false, left: false }
}

/** Workers whose lease has lapsed, locked against a beat that comes too late. */
const LAPSED = `select id from millhand.workers where lease_until <= ${NOW} order by id for update skip locked`

/** What is left in whole rows, as many as the limit allows, and one in any case. */
const LEFT_BEHIND = `with found as materialized (
    select c.id, sum(cardinality(c.seqs)) over so_far as jobs, row_number() over so_far as nth
    from millhand.claims c where not exists (select from millhand.workers w where w.id = c.worker)
    window so_far as (order by c.id) order by c.id limit $2::integer
  )
  select u.seq, j.id, c.worker, u.epoch, u.attempt, u.crashes, coalesce(u.care, 0::smallint) as care, c.begun, d.errors,
    ${NOW} as "nowMs"
  from found f join millhand.claims c using (id)
  cross join lateral unnest(c.seqs, c.epochs, c.attempts, c.crashes, c.cares) as u(seq, epoch, attempt, crashes, care)
  cross join ${rowOf('u', 'id', 'jobs')} j left join ${rowOf('u', 'errors', 'details')} d on true
  where f.nth = 1 or f.jobs <= $2::integer order by u.seq`

type Left = Pick<JobRecord, 'seq' | 'id' | 'epoch' | 'attempt' | 'crashes' | 'care' | 'errors'> & {
  readonly worker: string
  readonly begun: boolean
  readonly nowMs: number
}

/**
 * Ends lapsed leases, and takes back about so many jobs of workers that are gone, in a transaction. A worker is forgotten at
 * once, so that a beat that comes too late hears of it. `job/interruption.ts` decides what becomes of each job.
 */
export async function rescue(
  session: Session,
  {
    crashLimit,
    limit,
    left,
  }: { readonly crashLimit: number; readonly limit: number; readonly left: Set<string> },
): Promise<Rescued> {
  const workers = (await session.at<{ id: string }>(LAPSED)).map(({ id }) => id)
  if (workers.length > 0) await forget(session, workers)
  const jobs = await session.at<Left>(LEFT_BEHIND, limit)
  const leaves = jobs.map((job) => interrupted(job, crashLimit))
  const late = await leave(session, leaves, left)
  const idsOf = (verb: string) =>
    jobs.filter(({ seq }, index) => !late.has(seq) && leaves[index]?.verb === verb).map(({ id }) => id)
  const { nextLapseAt, left: more } = await lookForLapsed(session)
  const quarantined = idsOf('fail')
  await enterEnded(session, quarantined, 'failed')
  return { workers, rescued: idsOf('rescue'), quarantined, more, nextLapseAt }
}

function interrupted(job: Left, crashLimit: number): Leave {
  const { seq, worker, epoch } = job
  const { verb, attempt, crashes, care, errors } = interrupt(job, job.nowMs, crashLimit)
  const left = { seq, worker, epoch, verb, attempt, crashes, care }
  return verb === 'fail' ? { ...left, failureKind: 'crashed', errors } : left
}
