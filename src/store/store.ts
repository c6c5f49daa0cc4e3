import type { NewJob } from '../job/new-job.ts'
import type { Settlement } from '../job/outcome.ts'
import type { CatalogStore } from './catalog.ts'
import type { FeedStore } from './feed.ts'
import type { Inserted, JobStore, Report, Settled } from './jobs.ts'
import type { LedgerStore } from './ledger.ts'
import type { LimitStore } from './limits.ts'
import type { OperationStore } from './operations.ts'
import type { QueueStore } from './queues.ts'
import type { ScheduleStore } from './schedules.ts'
import type { UpkeepStore } from './upkeep.ts'
import type { BeatThread, WorkerStore } from './workers.ts'

/** The roles of a store: what is asked of the database itself, one a noun. */
export interface StoreRoles {
  readonly jobs: JobStore
  readonly catalog: CatalogStore
  readonly workers: WorkerStore
  readonly queues: QueueStore
  readonly limits: LimitStore
  readonly schedules: ScheduleStore
  readonly ledger: LedgerStore
  readonly operations: OperationStore
  readonly upkeep: UpkeepStore
  readonly feed: FeedStore
}

/**
 * The seam: everything that Millhand asks of a database, one role a noun. A store only persists; what follows from
 * what is decided by the pure functions in `job/`, which every store calls. Not a public interface: it may change.
 */
export interface Store extends StoreRoles {
  readonly kind: 'memory' | 'sqlite' | 'postgres'
  /** Where the data is, fit to be shown: no password in it. */
  readonly location: string
  readonly capabilities: Capabilities
  /**
   * Runs `body` in one transaction: all of its writes are committed, or, when it throws, none. When `signal` aborts while
   * it waits or runs, it is over at once, whatever the body waits for: rolled back, its turn free, and what the body still
   * does in it is refused. This rejects with the signal's reason then.
   */
  transaction<Result>(
    body: (tx: StoreTransaction) => Promise<Result>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Result>
  /** Inserts jobs in a transaction that the caller opened with the database's own client. */
  insertIn(handle: object, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]>
  /** Whether the code that asks is inside a transaction of this process, and must not wait for another write. */
  insideTransaction(): boolean
  /** Calls back when another process may have done that: a hint, for whoever would sleep otherwise. */
  listen(kind: NoticeKind, onNotice: () => void): () => void
  /** The store's time, in milliseconds since the epoch. */
  now(): Promise<number>
  /** Within a few seconds, whatever is open: transactions that do not end are rolled back. */
  close(): Promise<void>
}

/**
 * What somebody sleeps for. `ready`: there may be something to claim, now or earlier than was known. `changed`: any
 * change of any job. A store that cannot tell them apart gives both at every change.
 */
export type NoticeKind = 'ready' | 'changed'

export interface StoreTransaction {
  /** The database's own handle, for the caller's writes. */
  readonly handle: object
  insert(jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]>
  settle(settlements: readonly Settlement[]): Promise<Settled[]>
  report(reports: readonly Report[]): Promise<Settled[]>
}

/** What a store can do, declared. Each defaults to the lesser answer in a new store. */
interface Capabilities {
  /** It works beside this process: it can claim the next jobs while those before them run. */
  readonly remote: boolean
  /** Other processes may use the same data. */
  readonly multiProcess: boolean
  /** The caller's own writes can share a transaction with Millhand's. */
  readonly transactions: boolean
  /** How a thread beside the event loop beats the lease; `null`: the event loop itself has to. */
  readonly beatThread: BeatThread | null
}
