import {
  custom,
  date,
  duration,
  type Given,
  integer,
  isObject,
  optionError,
  type Parsed,
  parseOptions,
  text,
  texts,
} from '../kit/options.ts'
import type { AnyJobSpec } from './definition.ts'
import type { Json } from './job.ts'
import { RETRIES_MAX } from './limits.ts'
import { requireLabel, requireQueueName, requireTags } from './names.ts'
import { serialise } from './payload.ts'

/** What one call of `enqueue` may say about its job; the definition says the rest. */
const enqueueFields = {
  queue: text({ doc: "The queue that it goes to; the definition's by default." }),
  priority: integer({
    doc: "Higher runs first; the definition's by default.",
    min: -1_000_000,
    max: 1_000_000,
  }),
  delay: duration({ doc: 'Due this long from now.' }),
  runAt: date({ doc: 'Due at this time. Not together with `delay`.' }),
  expiresIn: duration({ doc: 'Fails as `expired` when nobody has started it in this time.', min: 1 }),
  key: text({ doc: 'While an unfinished job of this name has the same key, enqueueing gives that one.' }),
  tags: texts({ doc: 'Labels to find it by.' }),
  context: custom<Readonly<Record<string, Json>>>({
    doc: 'Travels with the job and its children: the user that it is for, a trace.',
    expected: 'an object that JSON can hold',
    accepts: isObject,
  }),
  retries: integer({ doc: "Retries after a failed attempt; the definition's by default.", max: RETRIES_MAX }),
  timeout: duration({ doc: "Longest time that one attempt may take; the definition's by default.", min: 1 }),
  tx: custom<object>({
    doc:
      'The transaction to enqueue in: what `queue.transaction` or `ctx.transaction` gave; on PostgreSQL also a client ' +
      'of pg that has begun one.',
    expected: 'a transaction of this store',
    accepts: isObject,
  }),
}

export type EnqueueOptions = Given<typeof enqueueFields>

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
