import type { FateCall } from '../job/errors.ts'
import type { FailureKind } from '../job/failure.ts'
import type { WorkerOrder } from '../job/orders.ts'
import type { Progress } from '../job/progress.ts'

/** Which job an event is about. */
export interface JobEvent {
  readonly id: string
  readonly name: string
  readonly queue: string
}

/** What a worker tells of an attempt. */
export interface AttemptEvent extends JobEvent {
  readonly worker: string
  readonly attempt: number
}

interface Ended extends AttemptEvent {
  /** From the start of the handler to its end, in milliseconds. */
  readonly durationMs: number
}

/**
 * Everything that Millhand tells while it works, one name a verb. They are for people and metrics: in this process
 * only, and never the place to act on a job. `queue.subscribe` sees the changes of all processes.
 */
export interface MillhandEvents {
  /** Jobs were stored; not told for those in a caller's own transaction, which may be rolled back. */
  enqueue: { readonly jobs: readonly JobEvent[] }
  /** A worker took jobs. */
  claim: { readonly worker: string; readonly count: number; readonly durationMs: number }
  /** A handler starts. */
  start: AttemptEvent & { readonly waitedMs: number }
  progress: AttemptEvent & { readonly progress: Progress }
  checkpoint: AttemptEvent
  complete: Ended & { readonly outcome: 'done' | 'skipped' | 'cached' }
  fail: Ended & { readonly kind: FailureKind; readonly error: Error }
  /** An attempt failed; the job is due again after `dueInMs`. */
  retry: Ended & { readonly kind: FailureKind; readonly error: Error; readonly dueInMs: number }
  /**
   * A call of a handler's failed, and its attempt did not fail with that: the handler caught it, or has not waited for it
   * (a forgotten `await`). Or what `ctx.snooze`, `ctx.skip` or `ctx.fail` gave came to nothing, since the handler returned
   * or threw something else (a forgotten `return`). Or a `RateLimited` named a limit that the job has not.
   */
  call_error: AttemptEvent & {
    readonly call: 'ctx.enqueue' | 'ctx.invoke' | 'ctx.checkpoint' | 'RateLimited' | FateCall
    readonly error: Error
  }
  snooze: Ended & { readonly dueInMs: number }
  /** A stopping worker gave a job back. */
  release: AttemptEvent
  /** Jobs were cancelled by this process. */
  cancel: { readonly ids: readonly string[]; readonly reason: string }
  /** A result came too late: the job was no longer this attempt's, and nothing was written. */
  refuse: AttemptEvent & { readonly because: 'cancelled' | 'lost' }
  /** A handler went on after its attempt was over; its slot is free, its result will be refused. */
  abandon: AttemptEvent
  /** The cleanup after an attempt failed, or took longer than `abortGrace`; what the attempt came to stands. */
  cleanup_error: AttemptEvent & { readonly error: Error }
  /** Leases lapsed; their jobs run again, or are quarantined. */
  rescue: {
    readonly workers: readonly string[]
    readonly rescued: readonly string[]
    readonly quarantined: readonly string[]
  }
  /**
   * A tick of a schedule has come, and what followed: the jobs that it has enqueued, whether ticks before it were passed
   * over (`missed`), and whether it was, since the job of an earlier one was unfinished (`overlaps`).
   */
  tick: {
    readonly schedule: string
    readonly at: Date
    readonly ids: readonly string[]
    readonly missed: boolean
    readonly overlaps: boolean
  }
  /** A tick could not be run, as where the queue is full; it is tried again ten seconds later. */
  tick_refused: { readonly schedule: string; readonly error: Error }
  expire: { readonly ids: readonly string[] }
  prune: { readonly count: number }
  /** A queue was paused by this process; who did and why, where that was said. */
  pause: { readonly queue: string; readonly by?: string; readonly reason?: string }
  resume: { readonly queue: string }
  /**
   * A result has been waited for without a `timeout`, for five seconds, and no live worker handles the job; `jobs` of this
   * name and queue are waited for so. Once a wait.
   */
  no_worker: JobEvent & { readonly jobs: number }
  /** A worker is claiming. */
  worker_start: { readonly worker: string; readonly concurrency: number }
  /** A worker has heard what it was told from afar. */
  worker_order: { readonly worker: string; readonly order: WorkerOrder }
  worker_stop: { readonly worker: string }
  /** A worker lost its lease: its handlers are aborted and it goes on under a new lease. */
  lease_lost: { readonly worker: string; readonly jobs: number }
  /** The event loop has not turned for `blockedMs`; past the limit the lease is left to lapse. */
  loop_blocked: { readonly worker: string; readonly blockedMs: number; readonly lapsing: boolean }
  /** A call of the store met a passing fault and is tried again. */
  store_retry: { readonly operation: string; readonly tries: number; readonly error: Error }
  /**
   * A store that was away answers again; it gave its last answer `awayMs` ago. Or one that somebody had locked can be
   * written again: it first refused a write `awayMs` ago.
   */
  store_back: { readonly awayMs: number }
  /** A loop met an error; it goes on after a back-off. */
  loop_error: { readonly loop: string; readonly error: Error }
}

export type EventName = keyof MillhandEvents
