import type { QueueSettings } from '../job/queue-settings.ts'

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
  /** Sets what is set for a queue: all of it, so that `{}` takes it away. A pause stays. */
  configure(queue: string, settings: QueueSettings): Promise<void>
  /** The queues for which anything is set, by name. */
  configured(): Promise<ConfiguredQueue[]>
}

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
