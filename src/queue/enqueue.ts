import { type EnqueueOptions, parseEnqueue } from '../job/enqueue-options.ts'
import { jobError } from '../job/errors.ts'
import type { EnqueueCall } from '../job/hooks.ts'
import { STATEMENT_CHARACTERS_MAX, STATEMENT_ROWS_MAX } from '../job/limits.ts'
import { type NewJob, newJob, type Terms, termsOf } from '../job/new-job.ts'
import { serialise } from '../job/payload.ts'
import { type Checked, check } from '../job/schema.ts'
import type { AnyJobSpec, InputOf, SpecOrName } from '../job/typed.ts'
import { Coalescer } from '../kit/coalesce.ts'
import { asError, isMillhandError } from '../kit/error.ts'
import { halving } from '../kit/halve.ts'
import { piecesOf } from '../kit/pieces.ts'
import { Breather } from '../kit/turn.ts'
import { storeError } from '../store/errors.ts'
import type { Inserted } from '../store/jobs.ts'
import { mayBeRefusal } from '../store/refusal.ts'
import { announce, insert, insertAndTell, insertOne } from './inserting.ts'
import { type QueueInternals, requireOutside } from './internals.ts'
import { atItem } from './item-errors.ts'
import { countedFrom, insertingApart } from './key-conflicts.ts'
import { knownSpec, resolveName, SpecsOfMany } from './known-specs.ts'

/** One of the jobs of `enqueueMany`: its input is that of its own definition, and may be left out where that allows it. */
export type EnqueueItem<Spec extends SpecOrName = SpecOrName> = {
  /** Its definition, or the name of one that the queue or a worker knows. */
  readonly job: Spec
  /** As of `enqueue`, for this job alone. */
  readonly options?: EnqueueOptions
} & ItemInput<InputOf<Spec>>

type ItemInput<Input> = undefined extends Input ? { readonly input?: Input } : { readonly input: Input }

/** The id that a job is to have, and whether it is to be stored: it may be there already. */
export interface Named {
  readonly id: string
  readonly accept: (job: NewJob) => boolean
}

/** One of many jobs as it is given, with its place among them. */
interface Given {
  readonly input: unknown
  readonly options: EnqueueOptions | undefined
  readonly index: number
}

/** A job with its options as they were read. */
interface OnTerms {
  readonly input: unknown
  readonly terms: Terms
  readonly index?: number
}

/** A job that is checked, and the transaction that it is to be stored in. */
export interface Prepared {
  readonly job: NewJob
  readonly tx: object | undefined
}

/** What one statement takes. */
const PIECE = { countMax: STATEMENT_ROWS_MAX, sizeMax: STATEMENT_CHARACTERS_MAX, sizeOf }

/**
 * The enqueuing side: checks at the door, then groups concurrent calls into one transaction each. An enqueue resolves
 * when its group is on the disk.
 */
export class Enqueuer {
  readonly #queue: QueueInternals
  readonly #groups: Coalescer<NewJob, Inserted>

  constructor(queue: QueueInternals) {
    this.#queue = queue
    this.#groups = new Coalescer((jobs) => this.#insertGroup(jobs), PIECE.countMax, PIECE)
  }

  async enqueue(specOrName: SpecOrName, input: unknown, options?: EnqueueOptions): Promise<Inserted> {
    const given = parseEnqueue('enqueue', options)
    const spec =
      knownSpec(this.#queue, 'enqueue', specOrName) ?? (await resolveName(this.#queue, specOrName as string))
    const prepared = this.#prepare(spec, { input, terms: termsOf(spec, given) })
    const { job, tx } = prepared instanceof Promise ? await prepared : prepared
    return tx ? insertOne(this.#queue, job, tx) : this.#insert(job)
  }

  /**
   * Stores a job under an id of its own, which follows from something: made twice, it is stored once. `accept` sees it
   * before that, and may say that it is there already.
   */
  async enqueueAs({ job: spec, input, options }: EnqueueCall, { id, accept }: Named): Promise<Inserted> {
    const terms = termsOf(spec, parseEnqueue('enqueue', options))
    const { job: unnamed } = await this.#prepare(spec, { input, terms })
    const job = { ...unnamed, id }
    return accept(job) ? this.#insert(job) : { id, existed: true }
  }

  async #insert(job: NewJob): Promise<Inserted> {
    requireOutside(this.#queue, 'enqueue')
    const inserted = await this.#groups.add(job)
    announce(this.#queue, [job], [inserted])
    return inserted
  }

  /**
   * All are checked before one is stored. As many as one statement takes are stored in one transaction, all or none;
   * more of them piece by piece, in order, with a turn of the event loop in between.
   *
   * @throws MillhandError `key_conflict`; `enqueue_incomplete` where a piece fails that is not the first
   */
  async enqueueMany(items: readonly EnqueueItem[]): Promise<Inserted[]> {
    const prepared: Prepared[] = []
    const specs = new SpecsOfMany(this.#queue)
    const breather = new Breather()
    for (const [index, { job, input, options }] of items.entries()) {
      const spec = specs.known(job, index) ?? (await specs.resolved(job))
      const next = this.prepare(spec, { input, options, index })
      prepared.push(next instanceof Promise ? await next : next)
      const pause = breather.pause()
      if (pause) await pause
    }
    return this.insertMany(prepared)
  }

  /** The same of jobs that are checked already. */
  async insertMany(prepared: readonly Prepared[]): Promise<Inserted[]> {
    const tx = transactionOf(prepared)
    if (!tx && prepared.length > 0) requireOutside(this.#queue, 'enqueueMany')
    const jobs = prepared.map(({ job }) => job)
    const inserted: Inserted[] = []
    const breather = new Breather()
    for (const piece of piecesOf(jobs, PIECE)) {
      if (inserted.length > 0) await breather.rest()
      try {
        inserted.push(...(await insertAndTell(this.#queue, piece, tx)))
      } catch (error) {
        if (inserted.length === 0) throw error
        throw incomplete(inserted, jobs.length, countedFrom(error, inserted.length))
      }
    }
    return inserted
  }

  /**
   * Checks one of many jobs at the door and gives what is stored of it, as it is now: what becomes of its input later changes
   * nothing. A promise only where its schema is asynchronous, or its limits are new.
   */
  prepare(spec: AnyJobSpec, { input, options, index }: Given): Prepared | Promise<Prepared> {
    const terms = atIndex(index, () => termsOf(spec, parseEnqueue('enqueue', options)))
    return this.#prepare(spec, { input, terms, index })
  }

  #prepare(spec: AnyJobSpec, given: OnTerms): Prepared | Promise<Prepared> {
    const checked = check(spec.input, given.input)
    if (checked instanceof Promise) return checked.then((later) => this.#declared(spec, later, given))
    return this.#declared(spec, checked, given)
  }

  #declared(spec: AnyJobSpec, checked: Checked, given: OnTerms): Prepared | Promise<Prepared> {
    const prepared = { job: this.#make(spec, checked, given), tx: given.terms.options.tx }
    const declaring = this.#declare(given.terms)
    return declaring ? declaring.then(() => prepared) : prepared
  }

  /** What the job's limits let pass is to be known before it is stored; most have none, or the same as those before. */
  #declare({ limits, options }: Terms): Promise<void> | undefined {
    return limits.length === 0 ? undefined : this.#queue.limits.declare(limits, options.tx)
  }

  #make(spec: AnyJobSpec, checked: Checked, { input: passed, terms, index }: OnTerms): NewJob {
    const { name } = spec
    const at = index === undefined ? {} : { index }
    if ('issues' in checked)
      throw jobError('invalid_input', {
        name,
        issues: checked.issues,
        ...at,
        ...(passed === undefined && { missing: true as const }),
      })
    // What is stored is what was passed: the worker checks it again, and gets what the schema makes of it.
    const input = passed === undefined ? null : passed
    const what = `input${index === undefined ? '' : ` at index ${index}`} of job '${name}'`
    const nowMs = terms.options.runAt && this.#queue.clock.now()
    const stored = { id: this.#queue.ids(), input: serialise(what, input), checked: checked.value, nowMs }
    return atIndex(index, () => newJob(spec, stored, terms))
  }

  /**
   * A group that is refused may hold jobs of a full queue, or one that the database refuses: halved, so that those do
   * not refuse the others.
   */
  #insertGroup(jobs: readonly NewJob[]): Promise<(Inserted | Error)[]> {
    const isTheirs = (error: unknown) => isMillhandError(error, 'queue_full') || mayBeRefusal(error)
    const insertSome = (some: readonly NewJob[]) => insertingApart(some, (each) => insert(this.#queue, each))
    return halving<NewJob, Inserted>(jobs, insertSome, isTheirs)
  }
}

/** What the options of a job are refused with names the job, where it is one of many. */
function atIndex<Result>(index: number | undefined, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw index === undefined ? error : atItem(error, index)
  }
}

/** The transaction that all of them are in, or none. @throws MillhandError `inside_transaction` */
function transactionOf(prepared: readonly Prepared[]): object | undefined {
  const [tx, ...others] = new Set(prepared.map((each) => each.tx))
  if (others.length === 0) return tx
  const what = "enqueueMany of items of which only some have this 'tx'"
  throw storeError('inside_transaction', { what })
}

/** About how many characters of a job are stored. */
function sizeOf({ input, context, tags, key }: NewJob): number {
  return input.length + (context?.length ?? 0) + (tags?.length ?? 0) + (key?.length ?? 0)
}

function incomplete(inserted: readonly Inserted[], of: number, cause: unknown): Error {
  const problem = asError(cause).message
  const facts = { stored: inserted.length, of, ids: inserted.map(({ id }) => id), problem }
  return jobError('enqueue_incomplete', facts, { cause })
}
