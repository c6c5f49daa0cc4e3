import { requireQueueName } from '../job/names.ts'
import type { QueueSettings } from '../job/queue-settings.ts'
import type { Backlog, NameBacklog } from '../store/backlog.ts'
import type { Store } from '../store/store.ts'
import { aroundGates } from './explain-limit.ts'
import { type Pause, toPause } from './pause.ts'
import { inOneLine, type Reason } from './reason.ts'
import { type NameInQueue, type QueueCounts, sumOf, whyQueue } from './why-queue.ts'

/** Of each name and of what it waits for: what is counted costs the same, whatever waits. */
const COUNTED_MAX = 10_000

/** Why the jobs of a queue wait. `text` says it to people, the rest to programs. */
export interface QueueExplanation extends QueueCounts {
  readonly queue: string
  /** By name; the first 100. */
  readonly names: readonly NameInQueue[]
  /** Whether anything was not counted to its end: then there is more than the numbers say. */
  readonly more: boolean
  /** When the first of those is due that are not due yet. */
  readonly nextDueAt?: Date
  /** Where it is paused: since when, by whom and why. */
  readonly pause?: Pause
  /** What is set for it. */
  readonly settings: QueueSettings
  readonly reasons: readonly Reason[]
  /** All the reasons in one line, each with what to do about it. */
  readonly text: string
}

/** Why the jobs of a queue wait. @throws MillhandError `invalid_name` */
export async function explainQueue(store: Store, given: unknown): Promise<QueueExplanation> {
  const queue = requireQueueName(given)
  const [backlog, paused, configured, workers, nowMs] = await Promise.all([
    store.queues.backlog(queue, COUNTED_MAX),
    store.queues.paused(),
    store.queues.configured(),
    store.workers.list(),
    store.now(),
  ])
  const gates = await aroundGates(
    store,
    backlog.gates.map(({ gate }) => gate),
    COUNTED_MAX,
  )
  const found = paused.find((each) => each.queue === queue)
  const settings = configured.find((each) => each.queue === queue)?.settings ?? {}
  const around = { queue, backlog, gates, settings, workers, nowMs, pause: found && toPause(found) }
  const { reasons, names } = whyQueue(around)
  return { queue, ...countsOf(backlog), names, ...factsOf(around), reasons, text: inOneLine(reasons) }
}

function countsOf({ names }: Backlog): QueueCounts & Pick<QueueExplanation, 'more'> {
  return {
    ready: sumOf(names, 'ready'),
    limited: sumOf(names, 'parked'),
    alone: sumOf(names, 'alone'),
    delayed: sumOf(names, 'delayed'),
    held: sumOf(names, 'held'),
    running: sumOf(names, 'running'),
    more: names.some(isCut),
  }
}

function isCut({ ready, parked, alone, delayed }: NameBacklog): boolean {
  return [ready, parked, alone, delayed].some((count) => count >= COUNTED_MAX)
}

interface Known {
  readonly backlog: Backlog
  readonly pause: Pause | undefined
  readonly settings: QueueSettings
}

function factsOf({ backlog, pause, settings }: Known) {
  const times = backlog.names.flatMap(({ nextDueAt }) => nextDueAt ?? [])
  return {
    ...(times.length > 0 && { nextDueAt: new Date(Math.min(...times)) }),
    ...(pause && { pause }),
    settings,
  }
}
