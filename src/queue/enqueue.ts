import type { AnyJobSpec } from '../job/definition.ts'
import { type EnqueueOptions, type NewJob, newJob } from '../job/enqueue-options.ts'
import { jobError } from '../job/errors.ts'
import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import { DEFAULT_QUEUE, requireJobName } from '../job/names.ts'
import { serialise } from '../job/payload.ts'
import { type Checked, check } from '../job/schema.ts'
import { Coalescer } from '../kit/coalesce.ts'
import { asError, isMillhandError } from '../kit/error.ts'
import { storeError } from '../store/errors.ts'
import type { Inserted } from '../store/jobs.ts'
import { type QueueInternals, requireOutside } from './internals.ts'

/** What one enqueue names: a definition, or the name of one that the queue or a worker knows. */
export type SpecOrName = AnyJobSpec | string

/**
 * The enqueuing side: checks at the door, then groups concurrent calls into one transaction each. An enqueue resolves
 * when its group is on the disk.
 */
export class Enqueuer {
  readonly #queue: QueueInternals
  readonly #groups: Coalescer<NewJob, Inserted>

  constructor(queue: QueueInternals) {
    this.#queue = queue
    this.#groups = new Coalescer((jobs) => this.#insertGroup(jobs), STATEMENT_ROWS_MAX)
  }

  async enqueue(spec: AnyJobSpec, input: unknown, options?: EnqueueOptions): Promise<Inserted> {
    const checked = check(spec.input, input)
    const job = this.#prepare(spec, checked instanceof Promise ? await checked : checked, { input, options })
    if (options?.tx) return this.#first(await this.#insertIn(options.tx, [job]))
    requireOutside(this.#queue, 'enqueue')
    const inserted = await this.#groups.add(job)
    this.#announce([job], [inserted])
    return inserted
  }

  /** All are checked before one is stored. In groups of a thousand a transaction, unless `tx` makes it one. */
  async enqueueMany(
    items: readonly { spec: AnyJobSpec; input: unknown; options?: EnqueueOptions }[],
  ): Promise<Inserted[]> {
    if (items.length === 0) return []
    const jobs: NewJob[] = []
    for (const { spec, input, options } of items) {
      const checked = check(spec.input, input)
      jobs.push(this.#prepare(spec, checked instanceof Promise ? await checked : checked, { input, options }))
    }
    const [tx, ...others] = new Set(items.map((item) => item.options?.tx))
    if (others.length > 0)
      throw storeError('inside_transaction', {
        what: "enqueueMany of items of which only some have this 'tx'",
      })
    if (tx) return this.#insertIn(tx, jobs)
    requireOutside(this.#queue, 'enqueueMany')
    const inserted: Inserted[] = []
    for (let from = 0; from < jobs.length; from += STATEMENT_ROWS_MAX) {
      const group = jobs.slice(from, from + STATEMENT_ROWS_MAX)
      inserted.push(...(await this.#insert(group)))
    }
    this.#announce(jobs, inserted)
    return inserted
  }

  /** The definition of a name. @throws MillhandError `unknown_job`, `invalid_name` */
  async resolve(specOrName: SpecOrName): Promise<AnyJobSpec> {
    if (typeof specOrName !== 'string') return specOrName
    const { specs, store } = this.#queue
    const known = specs.get(requireJobName(specOrName))
    if (known) return known
    const workers = await store.workers.list()
    const names = new Set([...specs.keys(), ...workers.flatMap((worker) => worker.names ?? [])])
    if (!names.has(specOrName)) throw jobError('unknown_job', { name: specOrName, known: [...names] })
    return bareSpec(specOrName)
  }

  #prepare(
    spec: AnyJobSpec,
    checked: Checked,
    given: { input: unknown; options: EnqueueOptions | undefined },
  ): NewJob {
    if ('issues' in checked) throw jobError('invalid_input', { name: spec.name, issues: checked.issues })
    // What is stored is what was passed: the worker checks it again, and gets what the schema makes of it.
    const input = given.input === undefined ? null : given.input
    const json = serialise(`input of job '${spec.name}'`, input)
    return newJob(spec, { id: this.#queue.ids(), input: json }, given.options)
  }

  /**
   * A group that does not fit the queue's limit as a whole may fit in parts: then each job stands for itself, so that
   * one full queue does not refuse the jobs of the others.
   */
  async #insertGroup(jobs: NewJob[]): Promise<(Inserted | Error)[]> {
    try {
      return await this.#insert(jobs)
    } catch (error) {
      if (jobs.length === 1 || !isMillhandError(error, 'queue_full')) throw error
    }
    const results: (Inserted | Error)[] = []
    for (const job of jobs)
      results.push(await this.#insert([job]).then(([first]) => first as Inserted, asError))
    return results
  }

  #insert(jobs: readonly NewJob[]): Promise<Inserted[]> {
    return this.#queue.store.jobs.insert(jobs, this.#queue.pendingMax)
  }

  async #insertIn(tx: object, jobs: readonly NewJob[]): Promise<Inserted[]> {
    return this.#queue.store.insertIn(tx, jobs, this.#queue.pendingMax)
  }

  #first(inserted: readonly Inserted[]): Inserted {
    return inserted[0] as Inserted
  }

  /** Jobs in a caller's transaction are not told of: it may be rolled back. */
  #announce(jobs: readonly NewJob[], inserted: readonly Inserted[]): void {
    if (!this.#queue.events.has('enqueue')) return
    const stored = jobs.filter((_, index) => inserted[index]?.existed === false)
    if (stored.length === 0) return
    this.#queue.events.emit('enqueue', { jobs: stored.map(({ id, name, queue }) => ({ id, name, queue })) })
  }
}

/** A name that only a worker elsewhere knows: the default policy, and the worker checks the input. */
function bareSpec(name: string): AnyJobSpec {
  return {
    name,
    input: undefined,
    output: undefined,
    checkpoint: undefined,
    queue: DEFAULT_QUEUE,
    priority: 0,
    retries: 3,
    timeoutMs: undefined,
    stallTimeoutMs: undefined,
    expiresInMs: undefined,
    retry: {},
  }
}
