import { CARE } from '../job/care.ts'
import { contextField } from '../job/context-option.ts'
import type { AnyJobDefinition } from '../job/defined.ts'
import { parseEnqueue } from '../job/enqueue-options.ts'
import { jobError } from '../job/errors.ts'
import type { FailureKind } from '../job/failure.ts'
import type { Json } from '../job/json.ts'
import { newJob, termsOf } from '../job/new-job.ts'
import { type Outcome, settle } from '../job/outcome.ts'
import { serialise } from '../job/payload.ts'
import type { Progress } from '../job/progress.ts'
import type { Resources, SecretSource } from '../job/resources.ts'
import { check, type Schema, type SchemaOutput } from '../job/schema.ts'
import type { InputOf, OutputOf } from '../job/typed.ts'
import type { Clock } from '../kit/clock.ts'
import { parseDuration } from '../kit/duration.ts'
import { asError } from '../kit/error.ts'
import {
  custom,
  type FieldsOf,
  integer,
  isFunction,
  isObject,
  isSignal,
  type Parsed,
  parseOptions,
} from '../kit/options.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'
import { requireOneName } from '../queue/known-specs.ts'
import type { ClaimedJob } from '../store/jobs.ts'
import { Attempt } from '../worker/attempt.ts'
import { cleanUp } from '../worker/clean-up.ts'
import { Context } from '../worker/context.ts'
import { execute } from '../worker/execute.ts'
import { interruptionError } from '../worker/interruption.ts'
import { workerFields } from '../worker/options.ts'
import { type RecordedEnqueue, type RecordedLog, Recorder, type RecorderPlace } from './recorder.ts'
import { secretsIn } from './secrets.ts'

export type { RecordedEnqueue, RecordedLog } from './recorder.ts'

/** What a definition's `ctx.checkpoint` takes. */
export type CheckpointOf<Definition> = Definition extends { readonly checkpoint: infer C }
  ? Exclude<C, undefined> extends Schema
    ? SchemaOutput<Exclude<C, undefined>>
    : unknown
  : unknown

/** The attempt as the handler is to find it. */
export interface RunJobOptions<Checkpoint = unknown> {
  /** Which attempt it is. Default 1, minimum 1. */
  readonly attempt?: number
  /** What travels with the job. Default: nothing. */
  readonly context?: Readonly<Record<string, Json>>
  /** What an earlier attempt saved. Default: nothing. */
  readonly checkpoint?: Checkpoint
  /** Aborting it cancels the job under the handler's hands. */
  readonly signal?: AbortSignal
  /** What `ctx.transaction` passes to its body, such as a database of the test. Default: `ctx.transaction` is refused. */
  readonly tx?: object
  /** What stands in for what `setup` of a worker makes. Default: nothing. */
  readonly resources?: Partial<Resources>
  /** What `ctx.secrets` gives, by its name. Default: nothing. */
  readonly secrets?: Readonly<Record<string, string>>
}

const runFields = {
  attempt: integer({ default: 1, min: 1 }),
  context: contextField(),
  checkpoint: custom<unknown>({ expected: 'anything', accepts: () => true }),
  signal: custom<AbortSignal>({ expected: 'an AbortSignal', accepts: isSignal }),
  tx: custom<object>({ expected: 'an object', accepts: isObject }),
  resources: custom<Partial<Resources>>({ expected: 'an object', accepts: isObject }),
  secrets: custom<Readonly<Record<string, string>>>({ expected: 'an object of texts', accepts: isObject }),
} satisfies FieldsOf<RunJobOptions>

/** What stands after the definition: the input may be left out where the schema allows it. */
export type RunJobArguments<Definition> =
  undefined extends InputOf<Definition>
    ? [input?: InputOf<Definition>, options?: RunJobOptions<CheckpointOf<Definition>>]
    : [input: InputOf<Definition>, options?: RunJobOptions<CheckpointOf<Definition>>]

/** What would become of the job, by the definition's own policy. */
export type JobRunOutcome<Output = unknown> =
  | { readonly verb: 'complete'; readonly output: Output }
  | { readonly verb: 'skip'; readonly reason: string }
  | { readonly verb: 'snooze'; readonly delayMs: number }
  | { readonly verb: 'retry'; readonly kind: FailureKind; readonly error: Error; readonly delayMs: number }
  | {
      readonly verb: 'fail'
      readonly kind: FailureKind
      readonly error: Error
      /** What the handler told `ctx.fail` that it got done. */
      readonly output?: unknown
    }
  | { readonly verb: 'cancel'; readonly reason: string }

/** How the handler ended, and everything that it told on the way. */
export interface JobRun<Output = unknown> {
  readonly outcome: JobRunOutcome<Output>
  /** Every call of `ctx.progress`. */
  readonly progress: readonly Progress[]
  readonly logs: readonly RecordedLog[]
  readonly checkpoints: readonly unknown[]
  /** Every call of `ctx.enqueue`, with the tags and the context that it carries along. */
  readonly enqueued: readonly RecordedEnqueue[]
}

/**
 * Runs a handler once, with no queue at hand, and records what it does. Input and output are checked as by a worker;
 * no time passes, so that neither `timeout` nor `stallTimeout` strikes.
 *
 * Options: `attempt` (default 1), `context`, `checkpoint`, `signal` (aborting it cancels the job), `tx` (what
 * `ctx.transaction` passes on), `resources` and `secrets` (what stands in for those of a worker).
 *
 * @example
 * const double = defineJob({ name: 'example.double', input: z.number(), run: (input) => input * 2 })
 * const { outcome } = await runJob(double, 21)
 * console.log(outcome) // { verb: 'complete', output: 42 }
 *
 * @throws MillhandError `missing_handler`, `unknown_option`, `invalid_option`; `name_needed`, `invalid_input`, `not_serialisable`,
 *   `payload_too_large`, as `queue.enqueue` would
 */
export async function runJob<Definition extends AnyJobDefinition>(
  definition: Definition,
  ...[input, given = {}]: RunJobArguments<Definition>
): Promise<JobRun<OutputOf<Definition>>> {
  return runAlone(definition, { input, given }, { ...IN_TESTS, clock: new VirtualClock() })
}

/** Where a handler runs that has no queue. */
interface RunPlace extends RecorderPlace {
  readonly clock: Clock
  /** Those of a worker, where nobody gives others. */
  readonly resources?: Resources
  readonly secrets?: SecretSource | undefined
}

/** What `runJob` does, for whoever else runs a handler without a queue; `place` says who, and hears what it tells. */
export async function runAlone<Definition extends AnyJobDefinition>(
  definition: Definition,
  { input, given }: { readonly input: unknown; readonly given: RunJobOptions },
  place: RunPlace,
): Promise<JobRun<OutputOf<Definition>>> {
  const options = parseOptions(place.runner, runFields, given)
  const { clock, runner: worker } = place
  const job = await claimed(definition, { input, options, nowMs: clock.now() })
  const { timeoutMs, stallTimeoutMs } = definition
  const attempt = new Attempt(job, { clock, worker, timeoutMs, stallTimeoutMs, abortGraceMs: 0 })
  const recorder = new Recorder(definition, { ...place, tx: options.tx, ...sharedBy(place, options) })
  const cancel = () => attempt.interrupt(interruptionError('cancelled', { reason: reasonOf(options.signal) }))
  options.signal?.addEventListener('abort', cancel, { once: true })
  if (options.signal?.aborted) cancel()
  const context = new Context(attempt, recorder.contextParts)
  const outcome = context.masked(await execute(attempt, definition, context))
  if (definition.cleanup) await cleanUp({ attempt, definition, context, outcome }, clock, CLEANUP_GRACE_MS)
  options.signal?.removeEventListener('abort', cancel)
  recorder.hear(attempt)
  const { progress, checkpoints, enqueued, logs } = recorder
  const cancelled = attempt.interruption !== undefined && recorder.committed === undefined
  const ended = cancelled
    ? { verb: 'cancel' as const, reason: reasonOf(options.signal) }
    : toRunOutcome(job, { definition, worker }, recorder.committed ?? outcome)
  return { outcome: ended as JobRunOutcome<OutputOf<Definition>>, progress, logs, checkpoints, enqueued }
}

function sharedBy(place: RunPlace, { resources, secrets }: Parsed<typeof runFields>) {
  return {
    resources: (resources ?? place.resources ?? {}) as Resources,
    secrets: secrets ? secretsIn(secrets) : place.secrets,
  }
}

/** The `abortGrace` of a worker by default. */
const CLEANUP_GRACE_MS = parseDuration(workerFields.abortGrace.fallback) ?? 0

const IN_TESTS = {
  runner: 'runJob',
  transaction: "ctx.transaction without option 'tx'",
  instead: 'Use openTestQueue and runUntilIdle for this test.',
}

/** The job as a worker would have claimed it. */
async function claimed(
  definition: AnyJobDefinition,
  { input, options, nowMs }: { input: unknown; options: Parsed<typeof runFields>; nowMs: number },
): Promise<ClaimedJob> {
  const { name, input: schema } = requireOneName(definition)
  if (!isFunction(definition.run)) throw jobError('missing_handler', { name })
  const checked = await check(schema, input)
  if ('issues' in checked) throw jobError('invalid_input', { name, issues: checked.issues })
  const { attempt, context, checkpoint } = options
  const json = serialise(`input of job '${name}'`, input ?? null)
  const given = { id: 'run-job', input: json, checked: checked.value }
  const { runAtMs, delayMs, expiresInMs, deadlineMs, rerunOf, ...fields } = newJob(
    definition,
    given,
    termsOf(definition, parseEnqueue('runJob', context && { context })),
  )
  return {
    ...fields,
    ...{ seq: 1, attempt, epoch: attempt, crashes: 0, errors: null, expiresAt: null, deadlineAt: null },
    ...{ createdAt: nowMs, dueAt: nowMs, claimedAt: nowMs, begun: true, care: CARE.none },
    checkpoint: checkpoint === undefined ? null : serialise('checkpoint', checkpoint),
  }
}

/** Half of the random range: the back-off without its jitter. */
const MIDDLE = () => 0.5

function toRunOutcome(
  job: ClaimedJob,
  { definition, worker }: { readonly definition: AnyJobDefinition; readonly worker: string },
  outcome: Outcome,
): JobRunOutcome {
  const policy = { worker, retry: definition.retry, random: MIDDLE, nowMs: job.claimedAt }
  const { verb, dueInMs } = settle(job, outcome, policy)
  switch (outcome.kind) {
    case 'complete':
    case 'cached':
      return { verb: 'complete', output: outcome.output === null ? undefined : JSON.parse(outcome.output) }
    case 'skip':
      return { verb: 'skip', reason: outcome.reason }
    case 'snooze':
      return { verb: 'snooze', delayMs: outcome.delayMs }
    case 'release':
      return { verb: 'cancel', reason: '' }
    case 'failure': {
      const { failureKind: kind, mask } = outcome
      const error = mask ? mask.error(outcome.error) : outcome.error
      if (verb === 'retry') return { verb, kind, error, delayMs: dueInMs }
      const told = typeof outcome.output === 'string' && { output: JSON.parse(outcome.output) as unknown }
      return { verb: 'fail', kind, error, ...told }
    }
  }
}

function reasonOf(signal: AbortSignal | undefined): string {
  return asError(signal?.reason).message
}
