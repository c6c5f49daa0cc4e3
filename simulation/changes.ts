import type { JobRecord } from '../src/job/job.ts'
import { mayReplace } from '../src/job/key.ts'
import type { NewJob } from '../src/job/new-job.ts'
import type { Settlement } from '../src/job/outcome.ts'
import { isFinal } from '../src/job/state.ts'
import type { ClaimedJob, ClaimRequest, Inserted, Report, Start } from '../src/store/jobs.ts'
import type { Purged } from '../src/store/queues.ts'
import type { Rescued } from '../src/store/upkeep.ts'
import { acceptedOf } from './accepted.ts'
import type { Executed } from './call.ts'
import type { Snapshot } from './snapshot.ts'

/** One job before and after a call. */
export interface Change {
  readonly before: JobRecord
  readonly after: JobRecord
}

type Allows = (change: Change, call: Executed) => boolean

/** Whether a settlement or report that the store has accepted is of the very claim that held the job. */
function fenced<Item extends Pick<Report, 'id' | 'worker' | 'epoch'>>(
  { before }: Change,
  call: Executed,
): boolean {
  let holds = false
  acceptedOf<Item>(call.values, call.result, ({ id, worker, epoch }) => {
    if (id === before.id && worker === before.worker && epoch === before.epoch) holds = true
  })
  return holds
}

/** A worker that settles what was cancelled under its hands lets go of it. */
function letsGo({ before, after }: Change, { values }: Executed): boolean {
  const isHolder = (values[0] as Settlement[]).some(
    ({ id, worker, epoch }) => id === before.id && worker === before.worker && epoch === before.epoch,
  )
  return before.state === 'cancelled' && after.state === 'cancelled' && isHolder
}

const settles: Allows = (change, call) => fenced<Settlement>(change, call) || letsGo(change, call)

/** A job that waits becomes what a call has given for its key; one that a worker has gives its key up to the next. */
export function takesOver({ before, after }: Change, { values }: Pick<Executed, 'values'>): boolean {
  const isMeant = (values[0] as NewJob[]).some(
    (job) => job.name === before.name && job.key === before.key && mayReplace(job),
  )
  const isSame =
    before.state === after.state && before.worker === after.worker && before.epoch === after.epoch
  const gives = before.worker !== null && after.key === null && before.attempt === after.attempt
  return isMeant && isSame && (gives || (before.state === 'pending' && before.worker === null))
}

/** A job that waited is pushed out of its queue by newer ones. */
export function isDrop({ before, after }: Change): boolean {
  const isGone = before.state === 'pending' && before.worker === null && after.state === 'cancelled'
  return isGone && after.reason?.startsWith('dropped as one of the oldest') === true
}

const inserts: Allows = (change, call) => takesOver(change, call) || isDrop(change)

/** What each call may do to a job that was there before. A call that is not named may change none. */
const ALLOWED: Readonly<Record<string, Allows>> = {
  'jobs.insert': inserts,
  'tx.insert': inserts,
  'schedules.advance': isDrop,
  'jobs.claim': ({ before, after }, { values, result }) => {
    const { worker } = values[0] as ClaimRequest
    const isAnswered = (result as ClaimedJob[]).some(
      ({ id, epoch }) => id === after.id && epoch === after.epoch,
    )
    return isAnswered && before.worker === null && after.worker === worker && after.epoch === before.epoch + 1
  },
  'jobs.begin': (change, call) => change.before.state === 'pending' && fenced<Start>(change, call),
  'jobs.settle': settles,
  'tx.settle': settles,
  'catalog.cancel': ({ before, after }, { result }) =>
    (result as string[]).includes(after.id) && !isFinal(before.state) && after.state === 'cancelled',
  'queues.purge': ({ before, after }, { result }) =>
    (result as Purged).ids.includes(after.id) && before.worker === null && after.state === 'cancelled',
  'catalog.retry': ({ before, after }, { result }) =>
    (result as string[]).includes(after.id) && isFinal(before.state) && before.state !== 'complete',
  'workers.deregister': ({ before, after }, { values }) =>
    before.worker === values[0] && after.worker === null,
  'upkeep.rescue': ({ before, after }, { result }) => {
    const { rescued, quarantined } = result as Rescued
    const isTold = rescued.includes(after.id) || quarantined.includes(after.id) || isFinal(before.state)
    return isTold && before.worker !== null && after.worker === null
  },
  'upkeep.expire': ({ before, after }, { result }) =>
    (result as string[]).includes(after.id) && before.state === 'pending' && after.state === 'failed',
}

/** What must not have happened to a job by these calls, in words; `undefined` where all is well. */
export function wrongChange(change: Change, calls: readonly Executed[]): string | undefined {
  const { before, after } = change
  const touching = calls.filter((call) => call.verb !== 'tx.report' && touches(call, after.id))
  const verbs = calls.map(({ verb }) => verb)
  // Of what two calls have done at once, nobody knows what was in between.
  if (touching.length <= 1 && !calls.some((call) => ALLOWED[call.verb]?.(change, call)))
    return `${verbs.join(' and ')} must not have made ${shown(after)} of ${shown(before)}`
  if (after.epoch !== before.epoch && !verbs.includes('jobs.claim'))
    return `${verbs.join(' and ')} changed the epoch of ${shown(before)} to ${after.epoch}`
  if (isFinal(before.state) && !isFinal(after.state) && !verbs.includes('catalog.retry'))
    return `${verbs.join(' and ')} made ${shown(after)} of a job that was settled: ${shown(before)}`
  return undefined
}

/** Whether a call has named a job, or its answer has. */
export function touches({ values: [first], result }: Executed, id: string): boolean {
  const answer = result as Partial<Record<'rescued' | 'quarantined' | 'ids', unknown>> | undefined
  return [first, result, answer?.rescued, answer?.quarantined, answer?.ids].some(
    (list) => Array.isArray(list) && list.some((item) => item === id || item?.id === id),
  )
}

/** The jobs that are not what they were. */
export function changesOf(before: Snapshot, after: Snapshot): Change[] {
  if (before.jobs === after.jobs) return []
  return [...after.jobs.values()].flatMap((job) => {
    const change = { before: before.jobs.get(job.id) ?? job, after: job }
    return differs(change) ? [change] : []
  })
}

/** Whether the call has done anything to the job that only the right ones may do. Progress and times are no secret. */
function differs({ before, after }: Change): boolean {
  return (
    before !== after &&
    (before.state !== after.state ||
      before.worker !== after.worker ||
      before.epoch !== after.epoch ||
      before.attempt !== after.attempt ||
      before.crashes !== after.crashes ||
      before.key !== after.key)
  )
}

export function shown({ id, state, worker, epoch, attempt }: JobRecord): string {
  return `${id} (${state}, worker ${worker ?? 'none'}, epoch ${epoch}, attempt ${attempt})`
}

/** The ids of the jobs that calls have stored anew. */
export function idsStoredBy(calls: readonly Executed[]): Set<string> {
  const inserted = calls.filter(({ verb }) => verb.endsWith('.insert'))
  const fresh = inserted.flatMap(({ result }) => (result as Inserted[]).filter(({ existed }) => !existed))
  const ticks = calls.filter(({ verb, result }) => verb === 'schedules.advance' && result === true)
  const ofTicks = ticks.flatMap(({ values }) => values[1] as NewJob[])
  return new Set([...fresh, ...ofTicks].map(({ id }) => id))
}
