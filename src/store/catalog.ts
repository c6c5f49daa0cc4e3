import type { InputPart } from '../job/input-path.ts'
import type { JobRecord } from '../job/job.ts'
import type { JobState } from '../job/state.ts'
import type { LogLine } from './jobs.ts'

/** A call whose answer was lost is made again within minutes: for so long it is known what it answered. */
export const CALLS_KEPT_MS = 3_600_000

/** Jobs before another one, of which no more are counted. */
export const AHEAD_MAX = 10_000

/** Groups beside one, of which no more are counted. */
export const GROUPS_COUNTED_MAX = 1_000

/** Looking at jobs, and what an operator does to them. */
export interface CatalogStore {
  /** The jobs with these ids that exist, in any order. */
  get(ids: readonly string[]): Promise<JobRecord[]>
  /** The first ids that begin with `prefix`, in their order, at most `limit`. */
  idsFrom(prefix: string, limit: number): Promise<string[]>
  /** Newest first; fewer than the limit only where there are no more, or where they come to 8 Mi characters already. */
  list(filter: JobFilter, page: Page): Promise<JobRecord[]>
  /** The same without what they bring. */
  find(filter: JobFilter, page: Page): Promise<Found[]>
  count(filter: JobFilter): Promise<number>
  /** How many jobs there are, by queue, name and state. */
  tally(): Promise<Tally[]>
  /** The newest `limit` jobs that completed or failed at or after `sinceMs`, counted by name, end and duration. */
  ended(sinceMs: number, limit: number): Promise<EndedJobs[]>
  logs(id: string): Promise<LogLine[]>
  /**
   * How many jobs of its queue are ready and come before it, `AHEAD_MAX` at most; 0 where it is not ready itself. Of those that are
   * drawn, as it is itself, only those of its priority and its group count.
   */
  ahead(id: string): Promise<number>
  /** How its group stands among those that are ready in its queue, at its priority; `null` where it does not wait for its turn. */
  turn(id: string): Promise<GroupTurn | null>
  /** Cancels jobs that are not settled; gives the ids that were. `call` names the call: made again, it answers the same. */
  cancel(ids: readonly string[], reason: string, call?: string): Promise<string[]>
  /** Makes failed and cancelled jobs pending again with all their attempts; gives the ids that were. `call` as above. */
  retry(ids: readonly string[], call?: string): Promise<string[]>
  /**
   * Lets go of a key that is kept beyond the end of its job; an unfinished job still holds it. Gives the id of that job,
   * and nothing where no such key was kept. `call` as above.
   */
  freeKey(label: KeyLabel, call?: string): Promise<string[]>
}

/** A key belongs to the name. */
export interface KeyLabel {
  readonly name: string
  readonly key: string
}

export interface JobFilter {
  readonly states?: readonly JobState[]
  readonly names?: readonly string[]
  readonly queues?: readonly string[]
  readonly tag?: string
  readonly key?: string
  readonly group?: string
  /** `true`: only jobs due in the future; `false`: only jobs due now or earlier. */
  readonly scheduled?: boolean
  /** Created at or after this time, in milliseconds since the epoch. */
  readonly createdAfterMs?: number
  /** Created before this time. */
  readonly createdBeforeMs?: number
  /** A text that stands in one of the job's errors. */
  readonly errorText?: string
  /** Values within the input, all of them. */
  readonly input?: readonly InputPart[]
}

/** How a group waits for its turn. */
export interface GroupTurn {
  /** Ready jobs of the group, `AHEAD_MAX` at most. */
  readonly waiting: number
  /** Groups that have any, beside it, `GROUPS_COUNTED_MAX` at most. */
  readonly groups: number
}

/** A job that fits a filter. */
export interface Found {
  readonly id: string
  readonly seq: number
}

export interface Page {
  readonly limit: number
  /** Only jobs that arrived before this one. */
  readonly beforeSeq?: number
}

/** Jobs of one name that ended alike, in the same time. */
export interface EndedJobs {
  readonly name: string
  readonly state: 'complete' | 'failed'
  /** From the begin of the last attempt to the end; `null` for those that never began. */
  readonly durationMs: number | null
  readonly count: number
  /** When the first of them ended. */
  readonly firstAt: number
}

export interface Tally {
  readonly queue: string
  readonly name: string
  readonly state: JobState
  readonly count: number
  /** Due time of the oldest of them that is due now and nobody holds; `null` where none is, or for other states. */
  readonly oldestDueAt: number | null
  /** Pending ones that are not due yet. */
  readonly scheduled: number
}
