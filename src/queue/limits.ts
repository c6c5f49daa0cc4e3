import { jobError } from '../job/errors.ts'
import { keyOf, type LimitValues, valuesOf } from '../job/limit.ts'
import { changeOf, type LimitChange, type LimitOverride, overrideOf } from '../job/limit-change.ts'
import { requireLimitName } from '../job/names.ts'
import { toDate } from '../job/stored.ts'
import { type FieldsOf, integer, parseOptions } from '../kit/options.ts'
import type { GateRecord, LimitRecord } from '../store/limits.ts'
import { type QueueInternals, requireOutside } from './internals.ts'

/** Keys of a limit that are added up; those after them are left out of the sums. */
const KEYS_SUMMED_MAX = 10_000

/** A limit as it is now. */
export interface LimitState {
  readonly name: string
  /** What its definitions say. */
  readonly declared: LimitValues
  /** What of it holds instead, where somebody has set it; `null`: it is lifted. */
  readonly override?: LimitChange
  /** Keys that somebody holds or waits for; 10,000 at most are counted. */
  readonly keys: number
  /** Jobs that run, of all these keys. */
  readonly running: number
  /** Jobs that wait for these keys. */
  readonly waiting: number
}

/** One key of a limit: who holds it, and how many wait. */
export interface LimitKey {
  /** `null`: all its jobs share it. */
  readonly key: string | null
  readonly running: number
  readonly waiting: number
  /** No job passes before: a handler has said so (`RateLimited`). */
  readonly closedUntil?: Date
  /** The jobs that run, oldest first; 20 at most. */
  readonly holders: readonly LimitHolder[]
}

export interface LimitHolder {
  readonly id: string
  readonly worker: string
  readonly since: Date
}

/** What `queue.limits.keys` takes. */
export interface LimitKeysOptions {
  /** Keys at most, by name. Default 100, from 1 to 10,000. */
  readonly limit?: number
}

const keysFields = {
  limit: integer({ default: 100, min: 1, max: 10_000 }),
} satisfies FieldsOf<LimitKeysOptions>

/**
 * What jobs are held to, together or by key: `queue.limits`. A limit is known by its name once a worker that has it has
 * started, or a job that has it was enqueued.
 *
 * @example
 * const queue = await openQueue('memory:')
 * const ask = defineJob({ name: 'model.ask', limits: [{ key: 'openai', concurrency: 20 }] })
 * await queue.enqueue(ask)
 * await queue.limits.set('openai', { concurrency: 5 })
 * console.log(await queue.limits.keys('openai'))
 */
export class Limits {
  readonly #queue: QueueInternals

  constructor(queue: QueueInternals) {
    this.#queue = queue
  }

  /** All of them, by name. */
  async list(): Promise<LimitState[]> {
    const records = await this.#queue.store.limits.list()
    const states: LimitState[] = []
    for (const record of records) states.push(await this.#stateOf(record))
    return states
  }

  /** The limit as it is now; `null` where there is none of this name. @throws MillhandError `invalid_name` */
  async get(name: string): Promise<LimitState | null> {
    const required = requireLimitName(name)
    const record = (await this.#queue.store.limits.list()).find((each) => each.name === required)
    return record ? this.#stateOf(record) : null
  }

  /**
   * The keys that somebody holds or waits for, by name.
   *
   * @throws MillhandError `limit_not_found`, `invalid_name`, `unknown_option`, `invalid_option`
   */
  async keys(name: string, options: LimitKeysOptions = {}): Promise<LimitKey[]> {
    const { limit } = parseOptions('limits.keys', keysFields, options)
    await this.#require(name)
    const gates = await this.#queue.store.limits.gates({ limit: name }, limit)
    return gates.map(toKey)
  }

  /**
   * Changes what it lets pass, at once and in all processes, whatever its definitions say of that, until it is reset.
   * What is left out stays as it was set, or as its definitions say, now or later; `null` lifts it. Jobs that run go on, also where fewer may.
   *
   * @throws MillhandError `limit_not_found`, `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction`
   */
  async set(name: string, values: LimitChange): Promise<LimitState> {
    requireOutside(this.#queue, 'limits.set')
    return this.#change(name, overrideOf('limits.set', values))
  }

  /** Holds them to what its definitions say again. @throws MillhandError `limit_not_found`, `invalid_name`, `inside_transaction` */
  async reset(name: string): Promise<LimitState> {
    requireOutside(this.#queue, 'limits.reset')
    return this.#change(name, null)
  }

  /** What else is set of it is known to the store alone: another operator may set it meanwhile. */
  async #change(name: string, change: LimitOverride | null): Promise<LimitState> {
    const record = await this.#queue.store.limits.override(requireLimitName(name), change)
    return this.#stateOf(record ?? (await this.#require(name)))
  }

  /** @throws MillhandError `invalid_name`, `limit_not_found` */
  async #require(given: string): Promise<LimitRecord> {
    const name = requireLimitName(given)
    const records = await this.#queue.store.limits.list()
    const record = records.find((each) => each.name === name)
    if (record) return record
    throw jobError('limit_not_found', { name, known: records.map((each) => each.name) })
  }

  async #stateOf({ name, declared, override }: LimitRecord): Promise<LimitState> {
    return {
      name,
      declared: valuesOf(declared),
      ...(override && { override: changeOf(override) }),
      ...(await this.#queue.store.limits.sums(name, KEYS_SUMMED_MAX)),
    }
  }
}

function toKey({ gate, running, waiting, closedUntil, holders }: GateRecord): LimitKey {
  return {
    ...{ key: keyOf(gate), running, waiting },
    ...(closedUntil !== null && { closedUntil: toDate(closedUntil) }),
    holders: holders.map(({ id, worker, since }) => ({ id, worker, since: new Date(since) })),
  }
}
