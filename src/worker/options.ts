import type { JobContext } from '../job/context.ts'
import type { AnyJobDefinition } from '../job/defined.ts'
import { WORKER_HINTS } from '../job/elsewhere.ts'
import { jobError } from '../job/errors.ts'
import type { RunHook } from '../job/hooks.ts'
import { CRASH_LIMIT } from '../job/interruption.ts'
import type { Job } from '../job/job.ts'
import { requireQueueName } from '../job/names.ts'
import type { SecretSource, Setup, Teardown } from '../job/resources.ts'
import { parseRetention, type RetentionOptions } from '../job/retention.ts'
import { batchingOf } from '../job/run-many.ts'
import { namedSchedules, type ScheduleOptions, schedulesField } from '../job/schedule-options.ts'
import { inList, isSpec } from '../job/spec.ts'
import { byName } from '../job/specs.ts'
import { byNameField } from '../kit/by-name.ts'
import { type Duration, parseDuration, writtenDuration } from '../kit/duration.ts'
import { withHints } from '../kit/hint.ts'
import {
  choice,
  custom,
  duration,
  type FieldsOf,
  flag,
  integer,
  isFunction,
  isObject,
  list,
  optionError,
  parseOptions,
  text,
  texts,
} from '../kit/options.ts'
import { hooked } from './hooked.ts'
import { abilityOf, ofRole, type Roles, roleNames } from './served.ts'

/** A handler for jobs that have no definition here: their input is what was stored, unchecked. */
export type FallbackHandler = (input: unknown, ctx: JobContext) => unknown

/** What a worker takes. */
export interface WorkerOptions {
  /** The definitions whose jobs it runs; it needs one at least, or a `fallback`. */
  readonly jobs?: readonly AnyJobDefinition[]
  /** Runs jobs of any name that has no definition here; the worker then claims every name. */
  readonly fallback?: FallbackHandler
  /** What it is called in lists; the host and process by default. */
  readonly name?: string
  /** The queues that it serves; all by default. */
  readonly queues?: readonly string[]
  /** Named sets of jobs, of which `role` names one: `{ media: ['video.*', 'audio.transcode'] }`. None by default. */
  readonly roles?: Roles
  /** The role that it serves: of its jobs it runs only those. All of them by default. */
  readonly role?: string
  /** What it is able to do, for jobs that require it: `['gpu', 'region:eu']`. Nothing by default, 100 at most. */
  readonly capabilities?: readonly string[]
  /** The version of the program, for jobs that require one: that of its package.json, say. None by default. */
  readonly version?: string
  /** Jobs that it runs at a time. Default 10, from 1 to 10,000. */
  readonly concurrency?: number
  /** A second filter, asked before a job is claimed: a job that it refuses is left to others. */
  readonly canProcess?: (job: Job) => boolean
  /** What happens to a job whose name it does not know: left to other workers, or failed as `unknown_job`. Default `'leave'`. */
  readonly unknownJobs?: 'leave' | 'fail'
  /** How long its jobs stay its own without a beat. Default `'10s'`, minimum `'100ms'`. */
  readonly lease?: Duration
  /**
   * How often it extends its lease; at most half of that, to which the default gives way. Default `'3s'`, minimum `'20ms'`.
   */
  readonly beat?: Duration
  /** How often it looks for jobs without being notified. Default `'5s'`, minimum `'10ms'`. */
  readonly pollInterval?: Duration
  /** How long `stop` lets handlers finish before it aborts them. Default `'30s'`. */
  readonly stopTimeout?: Duration
  /** How long an aborted handler may take to end before its slot is freed without it. Default `'5s'`. */
  readonly abortGrace?: Duration
  /** How long the event loop may be blocked before the lease is left to lapse. Default `'2m'`, minimum `'100ms'`. */
  readonly blockedLimit?: Duration
  /** How often progress and log lines are written at most. Default `'250ms'`. */
  readonly progressInterval?: Duration
  /** Whether it takes its turn at rescue, expire and prune. Default true. */
  readonly maintenance?: boolean
  /** How often lapsed leases are looked for at most. Default `'1s'`, minimum `'10ms'`. */
  readonly rescueInterval?: Duration
  /** How often settled jobs are pruned. Default `'1m'`, minimum `'10ms'`. */
  readonly pruneInterval?: Duration
  /** Crashed workers after which a job is quarantined. Default 3, minimum 1. */
  readonly crashLimit?: number
  /** When jobs are enqueued by themselves, by the name of the schedule. Set when the worker starts; none by default. */
  readonly schedules?: Readonly<Record<string, ScheduleOptions>>
  /** Makes what its handlers share, `ctx.resources`, before it claims: once a start. Nothing by default. */
  readonly setup?: Setup
  /** Ends what `setup` gave, when all handlers have ended, for `abortGrace` at most. */
  readonly teardown?: Teardown
  /** How long `setup` may take before the start fails. Default `'30s'`, minimum `'1ms'`. */
  readonly setupTimeout?: Duration
  /** Where `ctx.secrets` are: asked for each by its name, with the job; nothing of them is kept. None by default. */
  readonly secrets?: SecretSource
  /** What is around every handler, the first outermost: hooks for tracing, context, validation. None by default. */
  readonly aroundRun?: readonly RunHook[]
  /** How long settled jobs are kept: `{ complete, failed, cancelled }`. */
  readonly retention?: RetentionOptions
}

export const workerFields = {
  jobs: {
    ...list<AnyJobDefinition>({ expected: 'a list of job definitions', accepts: isSpec }),
    hint: inList,
  },
  fallback: custom<FallbackHandler>({ expected: 'a function', accepts: isFunction }),
  name: text(),
  queues: texts(),
  roles: byNameField<readonly string[]>("an object of lists of names, such as { media: ['video.*'] }"),
  role: text(),
  capabilities: texts(),
  version: text({ max: 64 }),
  concurrency: integer({ default: 10, min: 1, max: 10_000 }),
  canProcess: custom<(job: Job) => boolean>({
    expected: 'a function of the job that returns true or false',
    accepts: isFunction,
  }),
  unknownJobs: choice({ of: ['leave', 'fail'], default: 'leave' }),
  lease: duration({ default: '10s', min: 100 }),
  beat: duration({ default: '3s', min: 20 }),
  pollInterval: duration({ default: '5s', min: 10 }),
  stopTimeout: duration({ default: '30s' }),
  abortGrace: duration({ default: '5s' }),
  blockedLimit: duration({ default: '2m', min: 100 }),
  progressInterval: duration({ default: '250ms' }),
  maintenance: flag({ default: true }),
  rescueInterval: duration({ default: '1s', min: 10 }),
  pruneInterval: duration({ default: '1m', min: 10 }),
  crashLimit: integer({ default: CRASH_LIMIT, min: 1 }),
  retention: custom<RetentionOptions>({
    expected: 'an object with complete, failed, cancelled and stats',
    accepts: isObject,
  }),
  schedules: schedulesField(),
  aroundRun: list<RunHook>({ expected: 'a list of functions of a call and next', accepts: isFunction }),
  setup: custom<Setup>({ expected: 'a function that gives the resources', accepts: isFunction }),
  teardown: custom<Teardown>({ expected: 'a function of the resources', accepts: isFunction }),
  setupTimeout: duration({ default: '30s', min: 1 }),
  secrets: custom<SecretSource>({
    expected: 'a function of a name and the job that gives a text',
    accepts: isFunction,
  }),
} satisfies FieldsOf<WorkerOptions>
withHints(workerFields, WORKER_HINTS)

/** Of no queue at all, a worker would never claim anything, without a word. @throws MillhandError `invalid_option`, `invalid_name` */
function queuesIn(given: readonly string[] | undefined): readonly string[] | null {
  const expected = 'at least one name, or leave it out: then it serves all'
  if (given?.length === 0)
    throw optionError('invalid_option', { component: 'Worker', option: 'queues', expected, got: '[]' })
  return given?.map(requireQueueName) ?? null
}

/** The options as the worker uses them: durations in milliseconds, definitions by name. */
export type WorkerSettings = ReturnType<typeof parseWorkerOptions>

/**
 * Reads and checks a worker's options.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `duplicate_definition`, `conflicting_limits`, `missing_handler`,
 *   `invalid_name`
 */
export function parseWorkerOptions(options: WorkerOptions) {
  const parsed = parseOptions('Worker', workerFields, options)
  const definitions = byName(parsed.jobs ?? [])
  for (const definition of definitions.values()) requireHandler(definition)
  const { fallback, aroundRun = [] } = parsed
  const role = roleNames(parsed.role, parsed.roles as Roles | undefined)
  const served = ofRole(definitions, role)
  const claimsAny = fallback !== undefined || parsed.unknownJobs === 'fail'
  return {
    definitions: served.definitions,
    ...{ role: parsed.role, given: [...definitions.keys()] },
    aroundRun,
    /** The names and prefixes that it claims; `null`: any. */
    names: claimsAny ? (role ?? null) : served.names,
    ability: abilityOf(parsed.capabilities, parsed.version),
    fallback: fallback && hooked(fallback, aroundRun),
    name: parsed.name,
    queues: queuesIn(parsed.queues),
    concurrency: parsed.concurrency,
    canProcess: parsed.canProcess,
    claimsUnknown: parsed.unknownJobs === 'fail',
    leaseMs: parsed.lease,
    beatMs: beatWithin(parsed.beat, parsed.lease),
    pollMs: parsed.pollInterval,
    stopTimeoutMs: parsed.stopTimeout,
    abortGraceMs: parsed.abortGrace,
    blockedLimitMs: parsed.blockedLimit,
    progressMs: parsed.progressInterval,
    maintenance: parsed.maintenance,
    rescueMs: parsed.rescueInterval,
    pruneMs: parsed.pruneInterval,
    crashLimit: parsed.crashLimit,
    setup: parsed.setup,
    teardown: parsed.teardown,
    setupTimeoutMs: parsed.setupTimeout,
    secrets: parsed.secrets,
    retention: parseRetention(parsed.retention),
    schedules: namedSchedules(parsed.schedules),
  }
}

/** @throws MillhandError `missing_handler` */
function requireHandler({ name, run }: AnyJobDefinition): void {
  if (!isFunction(run)) throw jobError('missing_handler', { name })
}

/** The default gives way to a shorter lease; what somebody has asked for, and would not get, is refused. */
function beatWithin(beatMs: number, leaseMs: number): number {
  const longestMs = leaseMs / 2
  const isDefault = beatMs === parseDuration(workerFields.beat.fallback)
  if (beatMs <= longestMs || isDefault) return Math.min(beatMs, longestMs)
  const expected = `at most half of the lease of ${writtenDuration(leaseMs)}, so that one beat may fail`
  throw optionError('invalid_option', {
    component: 'Worker',
    option: 'beat',
    expected,
    got: writtenDuration(beatMs),
  })
}

/**
 * The settings of a worker that has something to run, and room for it. Not a part of reading them: those of a configuration are
 * read without its jobs, and by programs that run none.
 *
 * @throws MillhandError `no_jobs`, `batch_too_large`
 */
export function requireJobs(settings: WorkerSettings): WorkerSettings {
  const { definitions, fallback, claimsUnknown, role, given } = settings
  if (definitions.size === 0 && !fallback && !claimsUnknown)
    throw jobError('no_jobs', role === undefined ? {} : { role, jobs: given })
  const [tooLarge] = batchesTooLarge(settings)
  if (tooLarge) throw jobError('batch_too_large', tooLarge)
  return settings
}

/** Jobs whose batches can never be full: each would be waited for, and nobody would know why. */
export function batchesTooLarge({
  definitions,
  concurrency,
}: Pick<WorkerSettings, 'definitions' | 'concurrency'>) {
  return [...definitions.values()].flatMap(({ name, run }) => {
    const size = batchingOf(run)?.size ?? 0
    return size > concurrency ? [{ name, size, concurrency }] : []
  })
}
