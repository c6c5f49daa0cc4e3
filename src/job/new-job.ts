import { optionError, type Parsed, parseOptions } from '../kit/options.ts'
import { type EnqueueOptions, enqueueFields } from './enqueue-options.ts'
import { requireLabel, requireQueueName, requireTags } from './names.ts'
import { serialise } from './payload.ts'
import type { AnyJobSpec } from './typed.ts'

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
      option: 'delay',
      expected: "one of the two: 'delay' counts from now, 'runAt' is a time",
      got: "given together with 'runAt'",
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
