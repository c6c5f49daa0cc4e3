import type { EnqueueOptions } from '../job/enqueue-options.ts'
import type { JobHandle, RerunOptions } from '../job/handle.ts'
import type { Job } from '../job/job.ts'
import type { WorkerOrder } from '../job/orders.ts'
import type { QueueOptions } from '../job/queue-settings.ts'
import { parseRetention, type RetentionOptions } from '../job/retention.ts'
import type { JobState } from '../job/state.ts'
import type { AnyJobSpec, EnqueueArguments, HandleOf, InputOf, JobOf, SpecOrName } from '../job/typed.ts'
import { VERSION } from '../kit/version.ts'
import { storeError } from '../store/errors.ts'
import type { LogLine } from '../store/jobs.ts'
import type { WorkerRecord } from '../store/workers.ts'
import type { EventName, MillhandEvents } from '../telemetry/events.ts'
import type { Matching, MatchingFilter } from './api/matching.ts'
import type { Queue as QueueCalls } from './api/queue.ts'
import { requireEvent, requireFunction, requireId } from './arguments.ts'
import { type ConfigureOptions, configureQueue } from './configure.ts'
import { cancelJobs, freeKeyOf, pruneJobs, retryJobs } from './control.ts'
import { type DrainedOptions, queueDrained } from './drained.ts'
import type { EnqueueItem } from './enqueue.ts'
import { type Explanation, explainJob } from './explain.ts'
import { explainQueue, type QueueExplanation } from './explain-queue.ts'
import type { FilterOptions, ListOptions } from './filter.ts'
import { Handle } from './handle.ts'
import { makeEnqueuer } from './hooked-enqueuer.ts'
import { countJobs, listJobs, readStats, type Stats } from './inspect.ts'
import { type OfferedQueue, QUEUE, type QueueInternals, requireOutside } from './internals.ts'
import { itemsOf } from './items.ts'
import { Limits } from './limits.ts'
import { MatchingJobs } from './matching.ts'
import {
  type NameStatsOptions,
  parseStats,
  type QueueStatsOptions,
  readNameStats,
  type StatsByName,
  type StatsOptions,
} from './name-stats.ts'
import { askedFor, readJob } from './named-job.ts'
import { listOperations, type Operation, type OperationsOptions } from './operations.ts'
import { orderWorkers } from './order-workers.ts'
import { type PauseOptions, pauseQueue, resumeQueue } from './pause.ts'
import { type PurgeOptions, purgeQueue } from './purge.ts'
import { readQueueStats, type StatsByQueue } from './queue-stats.ts'
import { rerunAsked, rerunJob } from './rerun.ts'
import { Schedules } from './schedules.ts'
import { type JobChange, type SubscribeOptions, subscribe } from './subscribe.ts'

/**
 * A queue as it is known outside: what each call does is said in `api/`. Not at the class, since not every editor looks from a
 * class into what it implements.
 */
export type Queue = QueueCalls

export class OpenedQueue implements Queue {
  /** As whoever opens one knows it: stacks and inspectors show that name. */
  static readonly name = 'Queue'
  readonly #parts: QueueInternals
  readonly #enqueuer: ReturnType<typeof makeEnqueuer>
  readonly schedules: Schedules
  /** What jobs are held to, together or by key: see `Limits`. */
  readonly limits: Limits

  constructor(parts: QueueInternals) {
    this.#parts = parts
    this.#enqueuer = makeEnqueuer(parts)
    this.schedules = new Schedules(parts)
    this.limits = new Limits(parts)
  }

  get [QUEUE](): OfferedQueue {
    return { version: VERSION, parts: this.#parts }
  }

  get location(): string {
    return this.#parts.store.location
  }

  async enqueue<Spec extends SpecOrName>(
    spec: Spec,
    ...[input, options]: EnqueueArguments<Spec>
  ): Promise<HandleOf<Spec>> {
    return new Handle(this.#parts, await this.#enqueuer.enqueue(spec, input, options))
  }

  enqueueMany<Spec extends AnyJobSpec>(
    spec: Spec,
    inputs: readonly InputOf<Spec>[],
    options?: EnqueueOptions,
  ): Promise<HandleOf<Spec>[]>
  enqueueMany<Specs extends readonly SpecOrName[] | []>(
    items: { readonly [Index in keyof Specs]: EnqueueItem<Specs[Index]> },
  ): Promise<{ -readonly [Index in keyof Specs]: HandleOf<Specs[Index]> }>
  async enqueueMany(
    first: AnyJobSpec | readonly EnqueueItem[],
    inputs?: readonly unknown[],
    options?: EnqueueOptions,
  ): Promise<JobHandle[]> {
    const inserted = await this.#enqueuer.enqueueMany(itemsOf({ first, inputs, options }))
    return inserted.map((each) => new Handle(this.#parts, each))
  }

  rerun<Spec extends AnyJobSpec>(
    spec: Spec,
    id: string,
    options?: RerunOptions<InputOf<Spec>>,
  ): Promise<HandleOf<Spec>>
  rerun(id: string, options?: RerunOptions): Promise<JobHandle>
  async rerun(first: AnyJobSpec | string, ...rest: unknown[]): Promise<JobHandle> {
    return new Handle(this.#parts, await rerunJob(this.#parts, rerunAsked(first, rest)))
  }

  handle<Spec extends AnyJobSpec>(spec: Spec, id: string): HandleOf<Spec>
  handle<Output = unknown>(id: string): JobHandle<Output>
  handle(first: AnyJobSpec | string, id?: string): JobHandle {
    return new Handle(this.#parts, askedFor('handle', first, id))
  }

  get<Spec extends AnyJobSpec>(spec: Spec, id: string): Promise<JobOf<Spec> | null>
  get(id: string): Promise<Job | null>
  async get(first: AnyJobSpec | string, id?: string): Promise<Job | null> {
    return readJob(this.#parts.store, askedFor('get', first, id))
  }

  list<Spec extends AnyJobSpec = AnyJobSpec, State extends JobState = JobState>(
    options?: ListOptions<Spec, State>,
  ): Promise<Extract<JobOf<Spec>, { readonly state: State }>[]> {
    return listJobs(this.#parts.store, options) as Promise<Extract<JobOf<Spec>, { readonly state: State }>[]>
  }

  count(options?: FilterOptions): Promise<number> {
    return countJobs(this.#parts.store, options)
  }

  async logs(id: string): Promise<LogLine[]> {
    return this.#parts.store.catalog.logs(requireId('logs', id))
  }

  async cancel(ids: string | readonly string[], reason = 'cancelled'): Promise<string[]> {
    return cancelJobs(this.#parts, ids, reason)
  }

  async retry(ids: string | readonly string[]): Promise<string[]> {
    return retryJobs(this.#parts, ids)
  }

  matching(filter: MatchingFilter): Matching {
    return new MatchingJobs(this.#parts, filter)
  }

  async operations(options?: OperationsOptions): Promise<Operation[]> {
    return listOperations(this.#parts.store, options)
  }

  async freeKey(job: SpecOrName, key: string): Promise<boolean> {
    return freeKeyOf(this.#parts, job, key)
  }

  async pause(queue: string, options?: PauseOptions): Promise<void> {
    await pauseQueue(this.#parts, queue, options)
  }

  async configure(queue: string, settings: QueueOptions, options?: ConfigureOptions): Promise<void> {
    await configureQueue(this.#parts, queue, { settings, options })
  }

  async purge(queue: string, options?: PurgeOptions): Promise<number> {
    return purgeQueue(this.#parts, queue, options)
  }

  async drained(queue: string, options?: DrainedOptions): Promise<void> {
    await queueDrained(this.#parts, queue, options)
  }

  async resume(queue: string): Promise<void> {
    await resumeQueue(this.#parts, queue)
  }

  stats(): Promise<Stats>
  stats(options: NameStatsOptions): Promise<StatsByName>
  stats(options: QueueStatsOptions): Promise<StatsByQueue>
  async stats(options?: StatsOptions): Promise<Stats | StatsByName | StatsByQueue> {
    const { store } = this.#parts
    if (options === undefined) return readStats(store)
    const parsed = parseStats(options)
    return parsed.by === 'queue' ? readQueueStats(store, parsed) : readNameStats(store, parsed)
  }

  orderWorkers(workers: 'all' | string | readonly string[], order: WorkerOrder): Promise<string[]> {
    return orderWorkers(this.#parts, workers, order)
  }

  workers(): Promise<WorkerRecord[]> {
    return this.#parts.store.workers.list()
  }

  async explain(id: string): Promise<Explanation> {
    return explainJob(this.#parts.store, requireId('explain', id))
  }

  async explainQueue(queue: string): Promise<QueueExplanation> {
    return explainQueue(this.#parts.store, queue)
  }

  subscribe(options?: SubscribeOptions): AsyncIterableIterator<JobChange> {
    return subscribe(this.#parts, options)
  }

  async transaction<Result, Tx = import('node:sqlite').DatabaseSync>(
    body: (tx: Tx) => Result | Promise<Result>,
  ): Promise<Result> {
    requireFunction('transaction', 'body', body)
    requireOutside(this.#parts, 'transaction')
    return this.#parts.store.transaction(async (tx) => body(tx.handle as Tx))
  }

  async prune(options?: RetentionOptions): Promise<number> {
    return pruneJobs(this.#parts, parseRetention(options))
  }

  on<Name extends EventName>(name: Name, listener: (event: MillhandEvents[Name]) => void): () => void {
    requireEvent('on', name)
    requireFunction('on', 'listener', listener)
    return this.#parts.events.on(name, listener)
  }

  async close(): Promise<void> {
    this.#parts.closing.close(storeError('store_closed', { location: this.location }))
    await this.#parts.watch.close()
    await this.#parts.store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** By this name the class is for `instanceof` alone: `openQueue` makes queues. */
export const Queue: abstract new (...given: never) => Queue = OpenedQueue
