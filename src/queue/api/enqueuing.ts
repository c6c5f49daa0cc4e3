import type { EnqueueOptions } from '../../job/enqueue-options.ts'
import type { JobHandle, RerunOptions } from '../../job/handle.ts'
import type {
  AnyJobSpec,
  EnqueueArguments,
  HandleOf,
  InputOf,
  ResultOf,
  SpecOrName,
  StoredInputOf,
} from '../../job/typed.ts'
import type { EnqueueItem } from '../enqueue.ts'

/** What brings jobs into a queue. */
export interface Enqueuing {
  /**
   * Stores a job, durably: when this resolves, it survives a crash and a power cut. Concurrent calls are grouped into
   * one transaction, so that a loop of calls is as fast as a bulk call.
   *
   * @throws MillhandError `invalid_input`, `not_serialisable`, `payload_too_large`, `queue_full`, `key_conflict`,
   *   `invalid_limit_key`, `invalid_group`, `conflicting_limits`, `unknown_job`, `name_needed`, `invalid_name`, `unknown_option`,
   *   `invalid_option`, `inside_transaction`, `foreign_transaction`, `next_misused`; what a hook of the queue throws
   */
  enqueue<Spec extends SpecOrName>(
    spec: Spec,
    ...given: EnqueueArguments<Spec>
  ): Promise<JobHandle<ResultOf<Spec>, StoredInputOf<Spec>>>

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
    items: { readonly [Index in keyof Specs]: EnqueueItem<Specs[Index]> },
  ): Promise<{ -readonly [Index in keyof Specs]: HandleOf<Specs[Index]> }>

  /**
   * Makes a new job of an old one, whatever became of that, with its input or an edited one, which is checked where its
   * definition is known here; the new one says `rerunOf`. Queue, priority, key, group, tags, context, retries and time-out are those
   * of the old one, due at once, and so are its limits, but for an edited input of a definition that is known: then they are
   * those of that. Its hooks (`aroundEnqueue`) are passed. Where its key is held, the job that holds it is given (`existed`). To run
   * the same job again, `retry` it.
   *
   * @throws MillhandError `job_not_found`, `other_job`, `invalid_input`, `invalid_limit_key`, `invalid_group`, `not_serialisable`,
   *   `payload_too_large`, `queue_full`, `unknown_option`, `invalid_option`, `inside_transaction`, `next_misused`; what a hook throws
   * @example
   * const queue = await openQueue('memory:')
   * const [failed] = await queue.list({ name: 'mail.send', state: 'failed' })
   * if (failed) await queue.rerun(failed.id, { input: { to: 'ada@example.org' } })
   */
  rerun<Spec extends AnyJobSpec>(
    spec: Spec,
    id: string,
    options?: RerunOptions<InputOf<Spec>>,
  ): Promise<JobHandle<ResultOf<Spec>, StoredInputOf<Spec>>>
  rerun(id: string, options?: RerunOptions): Promise<JobHandle>

  /**
   * Runs `body` in one database transaction; pass its argument as `tx` to enqueue in it. It is a `DatabaseSync` of
   * `node:sqlite`, or on PostgreSQL a client of `pg`, which the body says of it: `(tx: PoolClient) => …`.
   *
   * @throws MillhandError `inside_transaction`, `store_busy`, `transaction_aborted`, `store_closed` (it was still open
   *   five seconds after `close`); what `body` throws, after everything is rolled back
   */
  transaction<Result, Tx = import('node:sqlite').DatabaseSync>(
    body: (tx: Tx) => Result | Promise<Result>,
  ): Promise<Result>
}
