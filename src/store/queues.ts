/** Queues exist as soon as a job names them; a row is kept only for one that has a setting of its own. */
export interface QueueStore {
  /** Stops claims from a queue; what runs goes on. */
  pause(queue: string): Promise<void>
  resume(queue: string): Promise<void>
  paused(): Promise<PausedQueue[]>
}

export interface PausedQueue {
  readonly queue: string
  readonly pausedAt: number
}
