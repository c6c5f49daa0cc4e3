import type { QueueSettings } from '../job/queue-settings.ts'
import type { Backlog } from './backlog.ts'

/** Queues exist as soon as a job names them; a row is kept only for one that has a setting of its own. */
export interface QueueStore {
  /**
   * Stops claims from a queue; what runs goes on. One that is paused stays so since when it was: who and why are the newest
   * that were said.
   */
  pause(queue: string, note?: PauseNote): Promise<void>
  /** Lets it go on; whatever else is set for it stays. */
  resume(queue: string): Promise<void>
  paused(): Promise<PausedQueue[]>
  /**
   * Sets what is set for a queue: all of it, so that `{}` takes it away; its limits are written with it, so that no definition that is
   * declared meanwhile undoes them. A pause stays. What comes goes by it at once; where it is another order, what waits is to be given
   * its place anew: see `place`.
   */
  configure(queue: string, settings: QueueSettings): Promise<void>
  /**
   * Gives their places anew to jobs that waited when the order of the queue was changed: a bounded piece of them, from the newest
   * to the oldest, in one transaction with the word of how far it is. Gives how many numbers of jobs are left to look at; 0: all
   * have their places.
   */
  place(queue: string): Promise<number>
  /** Queues in which some are still to be given theirs. */
  unplaced(): Promise<string[]>
  /** Cancels jobs that wait in a queue and that nobody holds, durably; at most `limit`, in any order. */
  purge(queue: string, piece: PurgePiece): Promise<Purged>
  /** Whether any of its jobs is pending or running. */
  unfinished(queue: string): Promise<boolean>
  /** How its unfinished jobs stand, each count up to the most that is asked for. */
  backlog(queue: string, countedMax: number): Promise<Backlog>
  /** The queues for which anything is set, by name. */
  configured(): Promise<ConfiguredQueue[]>
}

/** How many jobs one call of `place` looks at. */
export const PLACED_MAX = 1_000

/** Who paused a queue, and why; `null` where that was not said. */
export interface PauseNote {
  readonly by: string | null
  readonly reason: string | null
}

export const NO_NOTE: PauseNote = { by: null, reason: null }

export interface PausedQueue extends PauseNote {
  readonly queue: string
  readonly pausedAt: number
}

export interface ConfiguredQueue {
  readonly queue: string
  readonly settings: QueueSettings
}

/** What one call of a purge cancels. */
export interface PurgePiece {
  readonly reason: string
  readonly limit: number
  /** Only jobs that had arrived by then, as the first call of the purge has given it; without it, all that have arrived. */
  readonly until?: number | undefined
  /** Names the call: made again after its answer was lost, it answers the same. */
  readonly call?: string | undefined
}

export interface Purged {
  readonly ids: readonly string[]
  readonly until: number
}

/** As a call keeps what it has answered: the place up to which it purges is not found again. */
export function purgedTexts({ ids, until }: Purged): string[] {
  return [String(until), ...ids]
}

export function purgedFrom([until, ...ids]: readonly string[]): Purged {
  return { ids, until: Number(until) }
}
