import type { EnqueueOptions } from '../src/job/enqueue-options.ts'
import type { World } from './world.ts'

/** A job by which it is tried whether those who sleep are woken. */
export interface Probe {
  readonly options: EnqueueOptions
  /** One worker is awake, and time moves on while it looks for work: nobody makes good what it misses. */
  readonly isLone: boolean
}

/**
 * Each is to be heard of in another way: by a notice, by a timer, by a look at the right moment. The longest delay is longer than all
 * by which a worker lives, its lease and its own looks; to sleep for longer would only be more of the same.
 */
export const PROBES: readonly Probe[] = [
  { options: {}, isLone: false },
  { options: { delay: 700 }, isLone: false },
  { options: { delay: 12_000 }, isLone: false },
  { options: {}, isLone: true },
  { options: { delay: 3 }, isLone: true },
  { options: { delay: 7 }, isLone: true },
]

/** How far time moves on by itself, a millisecond at a time. */
const TICKS_MS = 20

/** Puts all workers but one to sleep; gives what wakes them. */
export function leaveOne(world: World): () => void {
  const [, ...others] = world.living.filter(({ role, state }) => role === 'worker' && state === 'alive')
  for (const worker of others) worker.freeze()
  for (let ms = 1; ms <= TICKS_MS; ms += 1) world.timeline.set(ms, world.owner, () => {})
  return () => {
    for (const worker of others) worker.wake()
  }
}
