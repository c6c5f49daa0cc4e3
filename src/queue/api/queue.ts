import type { OfferedQueue, QUEUE } from '../internals.ts'
import type { Limits } from '../limits.ts'
import type { Schedules } from '../schedules.ts'
import type { Controlling } from './controlling.ts'
import type { Enqueuing } from './enqueuing.ts'
import type { Looking } from './looking.ts'
import type { Watching } from './watching.ts'

/** The door to a store: enqueue jobs, look at them, and control them. Made by `openQueue`. */
export interface Queue extends Enqueuing, Looking, Watching, Controlling {
  /** What it is made of, for the workers on it. Not part of the public contract. */
  readonly [QUEUE]: OfferedQueue

  /** Where the jobs are: `memory:` or the file. */
  readonly location: string

  /** What is enqueued by itself, again and again or once: see `Schedules`. */
  readonly schedules: Schedules

  /** What holds jobs back, for all or for each key, and who waits for it: see `Limits`. */
  readonly limits: Limits

  /**
   * Closes the store. Stop the workers first. Whoever still waits for a result gets `store_closed`;
   * subscriptions and watches end. A transaction that is open has five seconds to end, and is then rolled back.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
