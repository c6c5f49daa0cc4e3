import type { JobRetention } from '../job/retention.ts'

/** What keeps the store in order. Run by whichever worker leads; each is bounded and safe to run twice. */
export interface UpkeepStore {
  /** Makes `worker` the leader, or keeps it so, when nobody else's lease on it is alive. */
  elect(worker: string, leaseMs: number): Promise<Leadership>
  /** Gives up the leadership, so that another worker need not wait for the lease to end. */
  resign(worker: string): Promise<void>
  /** Ends lapsed leases, and takes back at most `limit` of their jobs, 1,000 by default: these run again, or are quarantined. */
  rescue(crashLimit: number, limit?: number): Promise<Rescued>
  /** Does at most `limit` of the things that were asked for in SQL and left to a worker; gives how many. */
  errands(limit: number): Promise<number>
  /** Fails jobs that nobody started in time; at most `limit`. Gives their ids. */
  expire(limit: number): Promise<string[]>
  /** Deletes settled jobs that are older than their retention; at most `limit`. Gives how many. */
  prune(retention: JobRetention, limit: number): Promise<number>
}

export interface Leadership {
  /** Whether it is the one that asked. */
  readonly leads: boolean
  /** For how long from now nobody else can take over, in milliseconds. */
  readonly forMs: number
  /** In how many milliseconds a schedule is to be seen to; told to the leader, where there is one. */
  readonly nextTickInMs?: number
  /**
   * How long there is nothing to rescue, to fail as expired, to place or to do as an errand, unless something comes: told to a
   * leader where that is so, and where the store has looked along.
   */
  readonly idleForMs?: number
  /** Jobs hold gates, or wait at them: told to the leader, who sees to those that nobody else lets go on. */
  readonly gatesWait?: boolean
}

export interface Rescued {
  readonly workers: readonly string[]
  readonly rescued: readonly string[]
  readonly quarantined: readonly string[]
  /** There are more jobs of workers that are gone: call again. */
  readonly more: boolean
  /** When the next lease lapses if it is not extended; `null` where there is no worker. */
  readonly nextLapseAt: number | null
}
