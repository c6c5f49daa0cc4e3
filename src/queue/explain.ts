import { jobError } from '../job/errors.ts'
import { shareOf } from '../job/fair-turns.ts'
import { type Job, type JobRecord, toJob } from '../job/job.ts'
import { groupIn, isMark, requirementsIn } from '../job/job-gates.ts'
import { orderRule } from '../job/order.ts'
import { weightOf } from '../job/turns.ts'
import { formatDuration } from '../kit/duration.ts'
import type { Store } from '../store/store.ts'
import { childrenOf, whyWaiting } from './explain-children.ts'
import { aroundGates } from './explain-limit.ts'
import { whyPending } from './explain-pending.ts'
import { whySettled } from './explain-settled.ts'
import { toPause } from './pause.ts'
import { inOneLine, placeOf, type Reason, type Situation, whySilent } from './reason.ts'

/** Why a job is where it is. `text` says it to people, the rest to programs. */
export interface Explanation {
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly state: Job['state']
  readonly reasons: readonly Reason[]
  /** All the reasons in one line, each with what to do about it. */
  readonly text: string
}

/** Why a job is where it is. @throws MillhandError `job_not_found` */
export async function explainJob(store: Store, id: string): Promise<Explanation> {
  const [record] = await store.catalog.get([id])
  if (!record) throw jobError('job_not_found', { id })
  const job = toJob(record)
  const paused = (await store.queues.paused()).find((each) => each.queue === job.queue)
  const situation = {
    job,
    record,
    nowMs: await store.now(),
    pause: paused && toPause(paused),
    workers: await store.workers.list(),
    children: record.state === 'running' ? await childrenOf(store, id) : [],
    gate: (await aroundGates(store, limitGateOf(record)))[0],
    ...(job.state === 'pending' && (await inLine(store, record))),
  }
  const reasons = [...whyHere(situation), ...lastError(job)]
  return { id, name: job.name, queue: job.queue, state: job.state, reasons, text: inOneLine(reasons) }
}

/** The gate of a limit at which it waits. */
function limitGateOf({ gate }: Pick<JobRecord, 'gate'>): string[] {
  return gate === null || isMark(gate) ? [] : [gate]
}

/** Where it stands among those of its queue. */
async function inLine(
  store: Store,
  { id, queue, priority, limits }: JobRecord,
): Promise<Pick<Situation, 'ahead' | 'weight' | 'turn'>> {
  const configured = (await store.queues.configured()).find((each) => each.queue === queue)
  const weights = configured && orderRule(configured.settings)?.weights
  const group = groupIn(limits)
  const turn = group === '' ? null : await store.catalog.turn(id)
  const isWeighed = requirementsIn(limits) === '' || turn !== null
  return {
    ahead: await store.catalog.ahead(id),
    weight: weights && isWeighed ? weightOf(weights, priority) : undefined,
    ...(turn && { turn: { ...turn, group, share: shareOf(configured?.settings.shares ?? {}, group) } }),
  }
}

function whyHere(situation: Situation): Reason[] {
  const { job } = situation
  switch (job.state) {
    case 'pending':
      return whyPending(situation)
    case 'running':
      return whyRunning(situation)
    default:
      return [whySettled(job), ...whyStillThere(situation)]
  }
}

function whyRunning(situation: Situation): Reason[] {
  const { job, nowMs } = situation
  if (job.state !== 'running') return []
  const runningMs = nowMs - job.startedAt.getTime()
  const where = placeOf(situation, job.worker)
  const text = `running on worker ${where} since ${job.startedAt.toISOString()}, ${formatDuration(runningMs)} ago, attempt ${job.attempt}`
  const facts = { worker: job.worker, runningMs, attempt: job.attempt }
  return [{ code: 'running', text, facts }, ...whyWaiting(situation), ...whySilent(situation, job.worker)]
}

/** A cancelled job is let go of by its worker when its handler has ended. */
function whyStillThere(situation: Situation): Reason[] {
  const { record, job } = situation
  if (job.state !== 'cancelled' || record.worker === null) return []
  const text = `its handler has not ended yet on worker ${placeOf(situation, record.worker)}, which is told to stop it`
  const mend = 'let the handler heed ctx.signal; whatever it returns is refused'
  return [{ code: 'handler_goes_on', text, mend, facts: { worker: record.worker } }]
}

function lastError(job: Job): Reason[] {
  const failure = job.errors.at(-1)
  if (!failure || job.state === 'failed') return []
  const { kind, message, attempt } = failure
  const text = `last error, in attempt ${attempt} at ${failure.at.toISOString()}: ${message}`
  return [{ code: 'last_error', text, facts: { kind, message, attempt } }]
}
