import type { Duration } from '../kit/duration.ts'
import {
  custom,
  date,
  duration,
  type FieldsOf,
  integer,
  isObject,
  optionError,
  type Parsed,
  parseOptions,
  text,
  texts,
} from '../kit/options.ts'
import type { Json } from './job.ts'
import { RETRIES_MAX } from './limits.ts'
import { requireLabel, requireQueueName, requireTags } from './names.ts'
import { serialise } from './payload.ts'
import type { AnyJobSpec } from './typed.ts'

/** What one call of `enqueue` may say about its job; the definition says the rest. */
export interface EnqueueOptions {
  /** The queue that it goes to. Default: the definition's. */
  readonly queue?: string
  /** Higher runs first. Default: the definition's; from -1,000,000 to 1,000,000. */
  readonly priority?: number
  /** Due this long from now. Default: at once. Not together with `runAt`. */
  readonly delay?: Duration
  /** Due at this time. Not together with `delay`. */
  readonly runAt?: Date
  /** Fails as `expired` when nobody has started it in this time. Default: the definition's; minimum `'1ms'`. */
  readonly expiresIn?: Duration
  /** While an unfinished job of this name has the same key, enqueueing gives that one. None by default. */
  readonly key?: string
  /** Labels to find it by. None by default. */
  readonly tags?: readonly string[]
  /** Travels with the job and its children: the user that it is for, a trace. An object that JSON can hold. */
  readonly context?: Readonly<Record<string, Json>>
  /** Retries after a failed attempt. Default: the definition's; from 0 to 1,000. */
  readonly retries?: number
  /** Longest time that one attempt may take. Default: the definition's; minimum `'1ms'`. */
  readonly timeout?: Duration
  /**
   * The transaction to enqueue in: what `queue.transaction` or `ctx.transaction` gave; on PostgreSQL also a client of pg
   * that has begun one. Default: one of its own.
   */
  readonly tx?: object
}

const enqueueFields = {
  queue: text(),
  priority: integer({ min: -1_000_000, max: 1_000_000 }),
  delay: duration(),
  runAt: date(),
  expiresIn: duration({ min: 1 }),
  key: text(),
  tags: texts(),
  context: custom<Readonly<Record<string, Json>>>({
    expected: 'an object that JSON can hold',
    accepts: isObject,
  }),
  retries: integer({ max: RETRIES_MAX }),
  timeout: duration({ min: 1 }),
  tx: custom<object>({ expected: 'a transaction of this store', accepts: isObject }),
} satisfies FieldsOf<EnqueueOptions>

/** A job to insert. Times are relative where they may be, since only the store's clock counts. */
export interface NewJob {
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly priority: number
  readonly input: string
  readonly key: string | null
  readonly tags: string | null
  readonly context: string | null
  readonly retries: number
  readonly timeoutMs: number | null
  readonly delayMs: number
  /** An absolute due time, in milliseconds since the epoch; wins over `delayMs`. */
  readonly runAtMs: number | null
  readonly expiresInMs: number | null
}

/** The hot path: most calls pass no options, and then nothing needs to be read. */
const NO_OPTIONS: Parsed<typeof enqueueFields> = Object.freeze(parseOptions('enqueue', enqueueFields, {}))

/**
 * The job to insert for a spec, its checked input as JSON, and the options of the call.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`, `not_serialisable`, `payload_too_large`
 */
export function newJob(
  spec: AnyJobSpec,
  job: { readonly id: string; readonly input: string },
  options?: EnqueueOptions,
): NewJob {
  const parsed = options === undefined ? NO_OPTIONS : parseOptions('enqueue', enqueueFields, options)
  if (parsed.delay !== undefined && parsed.runAt !== undefined) {
    throw optionError('invalid_option', {
      component: 'enqueue',
      option: 'runAt',
      expected: "no 'delay' beside it",
      got: 'given together with it',
    })
  }
  return {
    id: job.id,
    name: spec.name,
    queue: parsed.queue === undefined ? spec.queue : requireQueueName(parsed.queue),
    priority: parsed.priority ?? spec.priority,
    input: job.input,
    key: parsed.key === undefined ? null : requireLabel('key', parsed.key),
    tags: parsed.tags?.length ? JSON.stringify(requireTags(parsed.tags)) : null,
    context: parsed.context === undefined ? null : serialise('context', parsed.context),
    retries: parsed.retries ?? spec.retries,
    timeoutMs: parsed.timeout ?? null,
    delayMs: parsed.delay ?? 0,
    runAtMs: parsed.runAt?.getTime() ?? null,
    expiresInMs: parsed.expiresIn ?? spec.expiresInMs ?? null,
  }
}
