import { isDeepStrictEqual } from 'node:util'
import type { Job } from '../../job/job.ts'
import { DEFAULT_QUEUE } from '../../job/names.ts'
import { messageOf } from '../../kit/error.ts'
import type { Queue } from '../../queue/queue.ts'
import { testingError } from '../errors.ts'

/** What is to be the same in the end, wherever a worker crashed on the way. */
export interface EndState {
  readonly complete: boolean
  /** The job that was swept: its state and output, or why it failed. */
  readonly job: unknown
  /** All other jobs, without what differs anyway: ids, times, the order. */
  readonly enqueued: readonly unknown[]
  /** What the caller's own `state` gave, as it was at that moment. */
  readonly state: unknown
}

/** What is compared, in the order in which it is told. */
const PARTS = ['state', 'enqueued', 'job'] as const

/** A part of the end state that is not what it is without a crash. */
export interface Difference {
  readonly part: (typeof PARTS)[number]
  readonly expected: unknown
  readonly actual: unknown
}

export type ReadState = (queue: Queue) => unknown

/** Jobs that are looked at, the newest first. */
const LOOKED_AT = 10_000

/** @throws MillhandError `state_not_comparable` */
export async function readEndState(
  queue: Queue,
  id: string,
  readState: ReadState | undefined,
): Promise<EndState> {
  const jobs = await queue.list({ limit: LOOKED_AT })
  const others = jobs.filter((job) => job.id !== id).map(asEnqueued)
  const own = await queue.get(id)
  return {
    complete: own?.state === 'complete',
    job: own && asEnded(own),
    enqueued: others.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1)),
    state: readState && asData(await readState(queue)),
  }
}

export function differencesOf(expected: EndState, actual: EndState): Difference[] {
  const differing = PARTS.filter((part) => !isDeepStrictEqual(expected[part], actual[part]))
  return differing.map((part) => ({ part, expected: expected[part], actual: actual[part] }))
}

function asEnded(job: Job): object {
  const { state } = job
  if (state === 'complete') return { state, outcome: job.outcome, output: job.output }
  if (state === 'failed') return { state, failure: job.failure.message }
  return { state }
}

/** What most jobs have is left out: a message is to show what they are. */
function asEnqueued({ name, queue, state, input, key, priority, tags, context }: Job): object {
  return {
    name,
    input,
    ...(queue !== DEFAULT_QUEUE && { queue }),
    ...(state !== 'pending' && { state }),
    ...(key !== undefined && { key }),
    ...(priority !== 0 && { priority }),
    ...(tags.length > 0 && { tags }),
    ...(Object.keys(context).length > 0 && { context }),
  }
}

/**
 * A copy: what is alive would be something else by the time it is compared.
 *
 * @throws MillhandError `state_not_comparable`
 */
function asData(given: unknown): unknown {
  if (given === undefined) throw testingError('state_not_comparable', { problem: 'undefined' })
  try {
    return structuredClone(given)
  } catch (error) {
    throw testingError('state_not_comparable', { problem: messageOf(error) }, { cause: error })
  }
}
