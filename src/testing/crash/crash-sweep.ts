import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contextField } from '../../job/context-option.ts'
import type { AnyJobDefinition } from '../../job/defined.ts'
import { jobError } from '../../job/errors.ts'
import type { Json } from '../../job/json.ts'
import type { Resources } from '../../job/resources.ts'
import { requireSpec } from '../../job/specs.ts'
import type { InputOf } from '../../job/typed.ts'
import type { Duration } from '../../kit/duration.ts'
import {
  choice,
  custom,
  duration,
  type FieldsOf,
  integer,
  isFunction,
  isObject,
  parseOptions,
} from '../../kit/options.ts'
import type { Queue } from '../../queue/queue.ts'
import { secretsIn } from '../secrets.ts'
import { complaintOf } from './complaint.ts'
import { sweep } from './sweep.ts'

/** How a handler is swept, and what has to be the same in the end. */
export interface CrashSweepOptions {
  /** Makes the world as the handler is to find it, anew before every run. It gets the queue of that run. Default: nothing. */
  readonly setup?: (queue: Queue) => unknown
  /**
   * Gives what has to be the same in the end, as data that `structuredClone` can copy: what was sent, what stands in a
   * table. It gets the queue of that run. Default: only the job and what it enqueued are compared.
   */
  readonly state?: (queue: Queue) => unknown
  /** What travels with the job. Default: nothing. */
  readonly context?: Readonly<Record<string, Json>>
  /** What stands in for what `setup` of a worker makes, in every run the same. Default: nothing. */
  readonly resources?: Partial<Resources>
  /** What `ctx.secrets` gives, by its name. Default: nothing. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Where the queue is: `'sqlite'`, a file in a temporary folder, for what memory cannot do. Default `'memory'`. */
  readonly store?: 'memory' | 'sqlite'
  /** Calls in which it crashes. Of a handler that makes more, so many are taken, evenly spread. Default 100, minimum 1. */
  readonly maxCalls?: number
  /** How long one run may take, in real time, before it is an error. Default `'10s'`, minimum `'1ms'`. */
  readonly timeout?: Duration
  /** Told after every run how many are done, and of how many. */
  readonly onProgress?: (progress: CrashSweepProgress) => void
}

export interface CrashSweepProgress {
  readonly done: number
  readonly of: number
}

const sweepFields = {
  setup: custom<(queue: Queue) => unknown>({ expected: 'a function', accepts: isFunction }),
  state: custom<(queue: Queue) => unknown>({ expected: 'a function', accepts: isFunction }),
  context: contextField(),
  resources: custom<Partial<Resources>>({ expected: 'an object', accepts: isObject }),
  secrets: custom<Readonly<Record<string, string>>>({ expected: 'an object of texts', accepts: isObject }),
  store: choice({ of: ['memory', 'sqlite'], default: 'memory' }),
  maxCalls: integer({ default: 100, min: 1 }),
  timeout: duration({ default: '10s', min: 1 }),
  onProgress: custom<(progress: CrashSweepProgress) => void>({
    expected: 'a function',
    accepts: isFunction,
  }),
} satisfies FieldsOf<CrashSweepOptions>

/** What stands after the definition: the input may be left out where the schema allows it. */
export type CrashSweepArguments<Definition> =
  undefined extends InputOf<Definition>
    ? [input?: InputOf<Definition>, options?: CrashSweepOptions]
    : [input: InputOf<Definition>, options?: CrashSweepOptions]

/** What was swept, where all ends were the same. */
export interface CrashSweepReport {
  /** The calls that the handler makes when nothing crashes, in order, such as `ctx.enqueue(mail.send)`. */
  readonly calls: readonly string[]
  /** Runs with a crash. */
  readonly crashes: number
  /** Calls past `maxCalls`, in which it did not crash. */
  readonly leftOut: number
}

/**
 * Runs a handler once and counts what it asks of the store: every call on `ctx`, and its end. Then it runs it again for
 * each call, with a crash before it and with one after it, whose answer is lost; each time another attempt finishes the
 * job. All have to come to the same end. So it finds a handler that does something twice, or leaves something out, when
 * its worker dies.
 *
 * Options: `setup` and `state` (each gets the queue of the run), `context`, `resources`, `secrets`, `store` (default
 * `'memory'`; `'sqlite'` for `ctx.transaction`), `maxCalls` (default 100, minimum 1), `timeout` (default 10 s of real time
 * a run, minimum 1 ms), `onProgress`.
 *
 * @example
 * const sendMail = defineJob({ name: 'mail.send', input: z.object({ to: z.string() }) })
 * const welcome = defineJob({
 *   name: 'user.welcome',
 *   input: z.object({ email: z.string() }),
 *   run: async ({ email }, ctx) => void (await ctx.enqueue(sendMail, { to: email }, { key: ctx.job.id })),
 * })
 * const { crashes } = await crashSweep(welcome, { email: 'ada@example.com' })
 * console.log(crashes) // 4: before and after ctx.enqueue, before and after the end of the attempt
 *
 * @throws AssertionError where the ends differ: it says after which crash, in what, and what to do; MillhandError
 *   `run_incomplete`, `not_repeatable`, `handler_stuck`, `state_not_comparable`, `not_idle`; `missing_handler`,
 *   `unknown_option`, `invalid_option`, and what `queue.enqueue`, `setup` and `state` throw
 */
export async function crashSweep<Definition extends AnyJobDefinition>(
  definition: Definition,
  ...[input, given = {}]: CrashSweepArguments<Definition>
): Promise<CrashSweepReport> {
  const { name, run } = requireSpec('crashSweep', definition)
  if (!isFunction(run)) throw jobError('missing_handler', { name })
  const parsed = parseOptions('crashSweep', sweepFields, given)
  const {
    store,
    timeout: timeoutMs,
    maxCalls,
    onProgress,
    context,
    setup,
    state,
    resources = {},
    secrets = {},
  } = parsed
  const folder = store === 'sqlite' ? await mkdtemp(join(tmpdir(), 'millhand-crash-sweep-')) : undefined
  try {
    const shared = { setup: () => resources as Resources, secrets: secretsIn(secrets) }
    const swept = { definition, input, context, setup, state, shared, folder, timeoutMs }
    const { calls, findings, ...counts } = await sweep(swept, { maxCalls, onProgress })
    if (findings.length > 0) throw complaintOf({ name, ...counts, findings }, crashSweep)
    return { calls: calls.map(({ what }) => what), ...counts }
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true })
  }
}
