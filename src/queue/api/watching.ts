import type { WorkerRecord } from '../../store/workers.ts'
import type { EventName, MillhandEvents } from '../../telemetry/events.ts'
import type { Stats } from '../inspect.ts'
import type { NameStatsOptions, QueueStatsOptions, StatsByName } from '../name-stats.ts'
import type { StatsByQueue } from '../queue-stats.ts'
import type { JobChange, SubscribeOptions } from '../subscribe.ts'

/** What shows how all of them get on. */
export interface Watching {
  /**
   * How many jobs there are in each state and queue; with `by: 'name'`, how those of each name ended that ended in the
   * last day (`newerThan`), the newest 10,000 at most: failure rate, mean and percentiles of the duration. With `by: 'queue'`,
   * how each queue and name stands and did in the last hour (`newerThan`): depth, oldest wait, throughput, error rate,
   * percentiles of waiting and running, by the minute. That costs the same whatever is kept of what has ended.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`
   */
  stats(): Promise<Stats>
  stats(options: NameStatsOptions): Promise<StatsByName>
  stats(options: QueueStatsOptions): Promise<StatsByQueue>

  /** The workers that have a lease, what they hold, and what they were told. */
  workers(): Promise<WorkerRecord[]>

  /** The changes of jobs in all processes, live, from now on. */
  subscribe(options?: SubscribeOptions): AsyncIterableIterator<JobChange>

  /** Calls `listener` for every event of this name in this process, until the returned function is called. */
  on<Name extends EventName>(name: Name, listener: (event: MillhandEvents[Name]) => void): () => void
}
