import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { jobError } from './errors.ts'
import type { JobRecord } from './job.ts'
import { INVOKE_DEPTH_MAX } from './limits.ts'
import type { NewJob } from './new-job.ts'

/** What the log line of a parent that waits names its child by, in its data. */
export const WAITS_FOR = 'waitsFor'

/** As high as the options of a job go. */
const HIGHEST_PRIORITY = 1_000_000

/**
 * What is begun comes before what is not: else a worker would begin one parent after the other, and none of their children.
 */
export function childPriority(parent: Pick<JobRecord, 'priority'>, own: number): number {
  return Math.max(own, Math.min(parent.priority + 1, HIGHEST_PRIORITY))
}

/** Which child it is: of which step, and how many of that step were there before it. */
interface ChildPlace {
  readonly step: string
  readonly round: number
}

/**
 * The id of a child: it follows from its parent, so that whoever runs the parent again finds it. A UUID of version 5, which
 * begins as that of the parent, and says how deep it is below the first one: other ids of jobs are of version 7, or 8.
 *
 * @throws MillhandError `invoked_too_deep`
 */
export function childId({ id: parent, name }: Pick<JobRecord, 'id' | 'name'>, place: ChildPlace): string {
  const depth = depthOf(parent) + 1
  if (depth > INVOKE_DEPTH_MAX)
    throw jobError('invoked_too_deep', { id: parent, name, limit: INVOKE_DEPTH_MAX })
  const hash = createHash('sha256').update(`child\0${parent}\0${place.round}\0${place.step}`).digest('hex')
  const time = /^[0-9a-f]{8}-[0-9a-f]{4}-/.exec(parent)?.[0] ?? `${hash.slice(20, 28)}-${hash.slice(28, 32)}-`
  const variant = (0x8 + (Number.parseInt(hash.slice(3, 4), 16) % 4)).toString(16)
  const shownDepth = depth.toString(16).padStart(3, '0')
  return `${time}5${shownDepth}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`
}

/** How many jobs have invoked one another down to this one. */
export function depthOf(id: string): number {
  const found = /^[0-9a-f]{8}-[0-9a-f]{4}-5([0-9a-f]{3})-[89ab]/.exec(id)
  return found ? Number.parseInt(found[1] as string, 16) : 0
}

/** A child that came to nothing before its parent began to run again: another one is made. */
export function isSpent(
  { state, finishedAt }: Pick<JobRecord, 'state' | 'finishedAt'>,
  begunAtMs: number,
): boolean {
  return (state === 'failed' || state === 'cancelled') && (finishedAt ?? 0) <= begunAtMs
}

/** Whose result is given has to be what was asked for. @throws MillhandError `child_differs` */
export function requireSameChild(
  { id, name, input }: Pick<JobRecord, 'id' | 'name' | 'input'>,
  asked: Pick<NewJob, 'name' | 'input'> & { readonly step: string },
): void {
  const { step } = asked
  if (name !== asked.name)
    throw jobError('child_differs', { id, step, what: `job '${name}'`, asked: `job '${asked.name}'` })
  if (input === asked.input || isSameJson(input, asked.input)) return
  throw jobError('child_differs', { id, step, what: 'another input', asked: 'this one' })
}

/** A store may give JSON in another order than it was written in. */
function isSameJson(one: string, other: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(one), JSON.parse(other))
  } catch {
    return false
  }
}
