import type { JobState, Verb } from '../job/state.ts'

/**
 * The feed of job changes. Written only while somebody subscribes, in the transaction of the change itself, so that
 * a subscriber sees every change and nobody else pays for it.
 */
export interface FeedStore {
  /**
   * Announces a subscriber, or keeps it alive for `leaseMs` more. Gives the cursor of the newest change; where that takes longer
   * than the announcement, `onAnnounced` is called when that is done.
   */
  subscribe(subscriber: string, leaseMs: number, onAnnounced?: () => void): Promise<number>
  unsubscribe(subscriber: string): Promise<void>
  /** Changes after `cursor`, oldest first, at most `limit`. */
  changesAfter(cursor: number, limit: number): Promise<JobChange[]>
}

export interface JobChange {
  readonly cursor: number
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly verb: Verb | 'enqueue' | 'progress' | 'checkpoint' | 'reprioritise' | 'reschedule' | 'move'
  readonly state: JobState
  readonly at: number
  /** JSON. */
  readonly progress: string | null
}
