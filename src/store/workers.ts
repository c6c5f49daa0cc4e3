import type { WorkerOrder } from '../job/orders.ts'
import type { Ability } from '../job/requirements.ts'

/** Workers and their leases: one row a worker, one beat for all that it holds. */
export interface WorkerStore {
  register(worker: NewWorker): Promise<void>
  /** The beat: extends the lease; tells whether it was lost, which of the worker's jobs were cancelled, and what it was told. */
  extend(worker: string, leaseMs: number): Promise<Beat>
  /** Ends the lease; what the worker still holds goes back to its queue. */
  deregister(worker: string): Promise<void>
  /** Tells these workers, or all (`null`), what to do; gives the ids of those that are there. */
  order(ids: readonly string[] | null, order: WorkerOrder): Promise<string[]>
  list(): Promise<WorkerRecord[]>
}

export interface NewWorker {
  readonly id: string
  readonly name: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly names: readonly string[] | null
  readonly queues: readonly string[] | null
  readonly concurrency: number
  readonly leaseMs: number
  /** What it is able to do, and the version of its program; nothing where it has said nothing of either. */
  readonly ability?: Ability
  /** The schedules that it declares, where there are any. */
  readonly schedules?: readonly string[]
  /** What it was told under the lease before; `run` by default. */
  readonly order?: WorkerOrder
}

export interface WorkerRecord extends NewWorker {
  /** What it was told from afar. */
  readonly order: WorkerOrder
  readonly startedAt: number
  readonly beatAt: number
  readonly leaseUntil: number
  /** Jobs that it has begun. */
  readonly running: number
  /** Jobs that it has claimed ahead and has not begun. */
  readonly held: number
}

export interface Beat {
  readonly lost: boolean
  readonly order: WorkerOrder
  readonly cancelled: readonly CancelNotice[]
}

/** A running job that was cancelled while the worker held it: its handler is to be aborted. */
export interface CancelNotice {
  readonly seq: number
  readonly id: string
  readonly epoch: number
  readonly reason: string
}

/** What a beat needs to run in a thread of its own. */
export interface BeatThread {
  /** All of the thread's code in one text, as the build makes it; run from the sources, the store's module to load there. */
  readonly code: string | URL
  /** What to open. */
  readonly data: unknown
  /**
   * Takes the connection from here, which is quicker than to start a thread that takes it; gives what lets go of it. Left out where
   * nothing is to be connected to.
   */
  readonly reserve?: () => Promise<() => void>
}
