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
