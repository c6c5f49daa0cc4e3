import type { JobContext } from '../job/context.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { jobError } from '../job/errors.ts'
import { CRASH_LIMIT } from '../job/interruption.ts'
import type { Job } from '../job/job.ts'
import { requireQueueName } from '../job/names.ts'
import { parseRetention, type RetentionOptions } from '../job/retention.ts'
import { isSpec } from '../job/spec.ts'
import { byName } from '../job/specs.ts'
import {
  choice,
  custom,
  duration,
  flag,
  type Given,
  integer,
  isFunction,
  isObject,
  list,
  parseOptions,
  text,
  texts,
} from '../kit/options.ts'

/** A handler for jobs that have no definition here: their input is what was stored, unchecked. */
export type FallbackHandler = (input: unknown, ctx: JobContext) => unknown

/** The options of a worker: their defaults, their limits and what they mean. */
export const workerFields = {
  jobs: list<AnyJobDefinition>({
    doc: 'The definitions whose jobs it runs.',
    expected: 'a list of job definitions',
    accepts: isSpec,
  }),
  fallback: custom<FallbackHandler>({
    doc: 'Runs jobs of any name that has no definition here; the worker then claims every name.',
    expected: 'a function',
    accepts: isFunction,
  }),
  name: text({ doc: 'What it is called in lists; the host and process by default.' }),
  queues: texts({ doc: 'The queues that it serves; all by default.' }),
  concurrency: integer({ doc: 'Jobs that it runs at a time.', default: 10, min: 1, max: 10_000 }),
  canProcess: custom<(job: Job) => boolean>({
    doc: 'A second filter, asked before a job is claimed: a job that it refuses is left to others.',
    expected: 'a function of the job that returns true or false',
    accepts: isFunction,
  }),
  unknownJobs: choice({
    doc: 'What happens to a job whose name it does not know: left to other workers, or failed as `unknown_job`.',
    of: ['leave', 'fail'],
    default: 'leave',
  }),
  lease: duration({ doc: 'How long its jobs stay its own without a beat.', default: '10s', min: 100 }),
  beat: duration({
    doc: 'How often it extends its lease; at most half of the lease.',
    default: '3s',
    min: 20,
  }),
  pollInterval: duration({
    doc: 'How often it looks for jobs without being notified.',
    default: '5s',
    min: 10,
  }),
  stopTimeout: duration({
    doc: 'How long `stop` lets handlers finish before it aborts them.',
    default: '30s',
  }),
  abortGrace: duration({
    doc: 'How long an aborted handler may take to end before its slot is freed without it.',
    default: '5s',
  }),
  blockedLimit: duration({
    doc: 'How long the event loop may be blocked before the lease is left to lapse.',
    default: '2m',
    min: 100,
  }),
  progressInterval: duration({
    doc: 'How often progress and log lines are written at most.',
    default: '250ms',
  }),
  maintenance: flag({ doc: 'Whether it takes its turn at rescue, expire and prune.', default: true }),
  rescueInterval: duration({
    doc: 'How often lapsed leases are looked for at most.',
    default: '1s',
    min: 10,
  }),
  pruneInterval: duration({ doc: 'How often settled jobs are pruned.', default: '1m', min: 10 }),
  crashLimit: integer({
    doc: 'Crashed workers after which a job is quarantined.',
    default: CRASH_LIMIT,
    min: 1,
  }),
  retention: custom<RetentionOptions>({
    doc: 'How long settled jobs are kept: `{ complete, failed, cancelled }`.',
    expected: 'an object with complete, failed and cancelled',
    accepts: isObject,
  }),
}

export type WorkerOptions = Given<typeof workerFields>

/** The options as the worker uses them: durations in milliseconds, definitions by name. */
export type WorkerSettings = ReturnType<typeof parseWorkerOptions>

/**
 * Reads and checks a worker's options.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `duplicate_definition`, `missing_handler`, `invalid_name`
 */
export function parseWorkerOptions(options: WorkerOptions) {
  const parsed = parseOptions('Worker', workerFields, options)
  const definitions = byName(parsed.jobs ?? [])
  for (const definition of definitions.values()) {
    if (!isFunction(definition.run)) throw jobError('missing_handler', { name: definition.name })
  }
  return {
    definitions,
    fallback: parsed.fallback,
    name: parsed.name,
    queues: parsed.queues?.map(requireQueueName) ?? null,
    concurrency: parsed.concurrency,
    canProcess: parsed.canProcess,
    claimsUnknown: parsed.unknownJobs === 'fail',
    leaseMs: parsed.lease,
    beatMs: Math.min(parsed.beat, parsed.lease / 2),
    pollMs: parsed.pollInterval,
    stopTimeoutMs: parsed.stopTimeout,
    abortGraceMs: parsed.abortGrace,
    blockedLimitMs: parsed.blockedLimit,
    progressMs: parsed.progressInterval,
    maintenance: parsed.maintenance,
    rescueMs: parsed.rescueInterval,
    pruneMs: parsed.pruneInterval,
    crashLimit: parsed.crashLimit,
    retention: parseRetention(parsed.retention),
  }
}

/** What one call of `stop` may say. @throws MillhandError `unknown_option`, `invalid_option` */
export function parseStopOptions(options: object) {
  return parseOptions('stop', stopFields, options)
}

const stopFields = {
  timeout: duration({ doc: 'How long handlers may take to finish; `stopTimeout` by default.' }),
}
