import type { EnqueueOptions } from '../job/enqueue-options.ts'
import type { JobHandle } from '../job/handle.ts'
import { type Job, toJob } from '../job/job.ts'
import { requireQueueName } from '../job/names.ts'
import { parseRetention, type RetentionOptions } from '../job/retention.ts'
import type { JobState } from '../job/state.ts'
import type {
  AnyJobSpec,
  EnqueueArguments,
  HandleOf,
  InputOf,
  JobOf,
  ResultOf,
  SpecOrName,
  StoredInputOf,
} from '../job/typed.ts'
import { VERSION } from '../kit/version.ts'
import { storeError } from '../store/errors.ts'
import type { LogLine } from '../store/jobs.ts'
import type { WorkerRecord } from '../store/workers.ts'
import type { EventName, MillhandEvents } from '../telemetry/events.ts'
import { requireEvent, requireFunction, requireId } from './arguments.ts'
import { cancelJobs, pruneJobs, retryJobs } from './control.ts'
import { type EnqueueItem, Enqueuer } from './enqueue.ts'
import { type Explanation, explainJob } from './explain.ts'
import type { FilterOptions, ListOptions } from './filter.ts'
import { askedFor, Handle, requireNamed } from './handle.ts'
import { countJobs, listJobs, readStats, type Stats } from './inspect.ts'
import { type OfferedQueue, QUEUE, type QueueInternals, requireOutside } from './internals.ts'
import { itemsOf } from './items.ts'
import { type NameStatsOptions, readNameStats, type StatsByName } from './name-stats.ts'
import { Schedules } from './schedules.ts'
import { type JobChange, type SubscribeOptions, subscribe } from './subscribe.ts'

/** The door to a store: enqueue jobs, look at them, and control them. Made by `openQueue`. */
export class Queue {
  readonly #parts: QueueInternals
  readonly #enqueuer: Enqueuer
  /** What is enqueued by itself, again and again or once: see `Schedules`. */
  readonly schedules: Schedules

  constructor(parts: QueueInternals) {
    this.#parts = parts
    this.#enqueuer = new Enqueuer(parts)
    this.schedules = new Schedules(parts)
  }

  /** What it is made of, for the workers on it. Not part of the public contract. */
  get [QUEUE](): OfferedQueue {
    return { version: VERSION, parts: this.#parts }
  }

  /** Where the jobs are: `memory:` or the file. */
  get location(): string {
    return this.#parts.store.location
  }

  /**
   * Stores a job, durably: when this resolves, it survives a crash and a power cut. Concurrent calls are grouped into
   * one transaction, so that a loop of calls is as fast as a bulk call.
   *
   * @throws MillhandError `invalid_input`, `not_serialisable`, `payload_too_large`, `queue_full`, `unknown_job`,
   *   `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction`, `foreign_transaction`
   */
  async enqueue<Spec extends SpecOrName>(
    spec: Spec,
    ...[input, options]: EnqueueArguments<Spec>
  ): Promise<JobHandle<ResultOf<Spec>, StoredInputOf<Spec>>> {
    return new Handle(this.#parts, await this.#enqueuer.enqueue(spec, input, options))
  }

  /**
   * Stores many jobs: inputs of one definition, or items that name theirs. All are checked before one is stored. Up to
   * 1,000, of 8 MiB of JSON together, are stored all or none; more of them in such pieces, in order, or in the caller's
   * transaction where `tx` is given. The event loop goes on meanwhile: leave the inputs as they are until it resolves.
   *
   * @throws what `enqueue` throws, when nothing was stored; MillhandError `enqueue_incomplete` when a later piece failed:
   *   it says how many of the first ones are stored
   */
  enqueueMany<Spec extends AnyJobSpec>(
    spec: Spec,
    inputs: readonly InputOf<Spec>[],
    options?: EnqueueOptions,
  ): Promise<JobHandle<ResultOf<Spec>, StoredInputOf<Spec>>[]>
  enqueueMany<Specs extends readonly SpecOrName[] | []>(
    items: {
      readonly [Index in keyof Specs]: EnqueueItem<Specs[Index]>
    },
  ): Promise<{ -readonly [Index in keyof Specs]: HandleOf<Specs[Index]> }>
  async enqueueMany(
    first: AnyJobSpec | readonly EnqueueItem[],
    inputs?: readonly unknown[],
    options?: EnqueueOptions,
  ): Promise<JobHandle[]> {
    const inserted = await this.#enqueuer.enqueueMany(itemsOf({ first, inputs, options }))
    return inserted.map(({ id, existed }) => new Handle(this.#parts, { id, existed }))
  }

  /**
   * The handle of a job that was enqueued earlier or elsewhere. With its definition, it is typed as that of `enqueue`, and
   * what reads the job refuses one of another name (`other_job`).
   *
   * @throws MillhandError `invalid_option`, where what is given is no definition
   */
  handle<Spec extends AnyJobSpec>(spec: Spec, id: string): JobHandle<ResultOf<Spec>, StoredInputOf<Spec>>
  handle<Output = unknown>(id: string): JobHandle<Output>
  handle(first: AnyJobSpec | string, id?: string): JobHandle {
    return new Handle(this.#parts, askedFor('handle', first, id))
  }

  /**
   * The job as it is now; `null` where there is none. With its definition, input and output are typed.
   *
   * @throws MillhandError `other_job`, where it is not of the definition; `invalid_option`
   */
  get<Spec extends AnyJobSpec>(spec: Spec, id: string): Promise<JobOf<Spec> | null>
  get(id: string): Promise<Job | null>
  async get(first: AnyJobSpec | string, id?: string): Promise<Job | null> {
    const asked = askedFor('get', first, id)
    const [record] = await this.#parts.store.catalog.get([asked.id])
    return record ? toJob(requireNamed(record, asked.name)) : null
  }

  /**
   * Jobs that fit, newest first; fewer than `limit` where those come to 32 MiB already. The next page is that `before` the
   * last of them; the end is an empty page. With `job`, a definition, input and output are typed.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`; `job_not_found` where there is no job `before`
   */
  list<Spec extends AnyJobSpec = AnyJobSpec, State extends JobState = JobState>(
    options?: ListOptions<Spec, State>,
  ): Promise<Extract<JobOf<Spec>, { readonly state: State }>[]> {
    return listJobs(this.#parts.store, options) as Promise<Extract<JobOf<Spec>, { readonly state: State }>[]>
  }

  /** How many jobs fit. @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name` */
  count(options?: FilterOptions): Promise<number> {
    return countJobs(this.#parts.store, options)
  }

  /** The log lines that a job wrote, oldest first; the newest 1,000 are kept. */
  async logs(id: string): Promise<LogLine[]> {
    return this.#parts.store.catalog.logs(requireId('logs', id))
  }

  /**
   * Cancels a job or several, running or not; gives the ids of those that were not settled yet.
   *
   * @throws MillhandError `job_not_found`, for a single id; `inside_transaction`; `bulk_incomplete` when a later piece of
   *   more than 1,000 failed
   */
  async cancel(ids: string | readonly string[], reason = 'cancelled'): Promise<string[]> {
    return cancelJobs(this.#parts, ids, reason)
  }

  /**
   * Runs failed or cancelled jobs again, with all their attempts; gives the ids of those that were.
   *
   * @throws MillhandError `job_not_found`, `not_retryable`, for a single id; `inside_transaction`; `bulk_incomplete`
   *   when a later piece of more than 1,000 failed
   */
  async retry(ids: string | readonly string[]): Promise<string[]> {
    return retryJobs(this.#parts, ids)
  }

  /** Stops claims from a queue, in all processes; what runs goes on. @throws MillhandError `invalid_name`, `inside_transaction` */
  async pause(queue: string): Promise<void> {
    requireOutside(this.#parts, 'pause')
    await this.#parts.store.queues.pause(requireQueueName(queue))
    this.#parts.events.emit('pause', { queue })
  }

  /** Lets a paused queue go on. @throws MillhandError `invalid_name`, `inside_transaction` */
  async resume(queue: string): Promise<void> {
    requireOutside(this.#parts, 'resume')
    await this.#parts.store.queues.resume(requireQueueName(queue))
    this.#parts.events.emit('resume', { queue })
    this.#parts.store.local.emit('ready', undefined)
  }

  /**
   * How many jobs there are in each state and queue; with `by: 'name'`, how those of each name ended that ended in the
   * last day (`newerThan`), the newest 10,000 at most: failure rate, mean and percentiles of the duration.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`
   */
  stats(): Promise<Stats>
  stats(options: NameStatsOptions): Promise<StatsByName>
  async stats(options?: NameStatsOptions): Promise<Stats | StatsByName> {
    const { store } = this.#parts
    return options === undefined ? readStats(store) : readNameStats(store, options)
  }

  /** The workers that have a lease, and what they hold. */
  workers(): Promise<WorkerRecord[]> {
    return this.#parts.store.workers.list()
  }

  /** Why a job is where it is, in words and as data. @throws MillhandError `job_not_found` */
  async explain(id: string): Promise<Explanation> {
    return explainJob(this.#parts.store, requireId('explain', id))
  }

  /** The changes of jobs in all processes, live, from now on. */
  subscribe(options?: SubscribeOptions): AsyncIterableIterator<JobChange> {
    return subscribe(this.#parts, options)
  }

  /**
   * Runs `body` in one database transaction; pass its argument as `tx` to enqueue in it. It is a `DatabaseSync` of
   * `node:sqlite`, or on PostgreSQL a client of `pg`, which the body says of it: `(tx: PoolClient) => …`.
   *
   * @throws MillhandError `inside_transaction`, `store_busy`, `transaction_aborted`, `store_closed` (it was still open
   *   five seconds after `close`); what `body` throws, after everything is rolled back
   */
  async transaction<Result, Tx = import('node:sqlite').DatabaseSync>(
    body: (tx: Tx) => Result | Promise<Result>,
  ): Promise<Result> {
    requireFunction('transaction', 'body', body)
    requireOutside(this.#parts, 'transaction')
    return this.#parts.store.transaction(async (tx) => body(tx.handle as Tx))
  }

  /** Deletes settled jobs that are older than their retention; gives how many. @throws MillhandError `inside_transaction`, `bulk_incomplete` */
  async prune(options?: RetentionOptions): Promise<number> {
    return pruneJobs(this.#parts, parseRetention(options))
  }

  /** Calls `listener` for every event of this name in this process, until the returned function is called. */
  on<Name extends EventName>(name: Name, listener: (event: MillhandEvents[Name]) => void): () => void {
    requireEvent('on', name)
    requireFunction('on', 'listener', listener)
    return this.#parts.events.on(name, listener)
  }

  /**
   * Closes the store. Stop the workers first. Whoever still waits for a result gets `store_closed`;
   * subscriptions and watches end. A transaction that is open has five seconds to end, and is then rolled back.
   */
  async close(): Promise<void> {
    this.#parts.closing.close(storeError('store_closed', { location: this.location }))
    await this.#parts.watch.close()
    await this.#parts.store.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
