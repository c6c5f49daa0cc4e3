import { readSafely } from '../kit/brand.ts'
import { writtenDuration } from '../kit/duration.ts'
import { isError, preview } from '../kit/error.ts'
import { withHints } from '../kit/hint.ts'
import { listOf } from '../kit/list.ts'
import {
  custom,
  duration,
  type FieldsOf,
  integer,
  isFunction,
  isObject,
  optionError,
  parseOptions,
} from '../kit/options.ts'
import { unheard } from '../kit/thenable.ts'
import type { BatchContext, BatchJob, RunMany } from './batch.ts'
import { BatchMember } from './batch-member.ts'
import type { JobContext } from './context.ts'
import { RUN_MANY_HINTS } from './elsewhere.ts'
import { jobError } from './errors.ts'
import type { Schema } from './schema.ts'

export type AnyRunMany = RunMany<Schema, Schema, unknown>

/** A batch handler as it is used. */
export interface Batching {
  readonly size: number
  readonly waitMs: number
  readonly run: (jobs: readonly BatchJob[], ctx: BatchContext) => unknown
}

const runManyFields = {
  size: integer({ min: 1, max: 10_000 }),
  wait: duration({ default: '50ms' }),
  run: custom<AnyRunMany['run']>({ expected: 'a function of a list of jobs', accepts: isFunction }),
} satisfies FieldsOf<AnyRunMany>
withHints(runManyFields, RUN_MANY_HINTS)

/** The option of a definition, read by `batchHandler`, which knows whose it is. */
export const runManyField = () =>
  custom<AnyRunMany>({
    expected: 'an object such as { size: 100, run: async (jobs) => … }',
    accepts: isObject,
  })

/** Of the handler of one job that is a batch handler underneath. */
const BATCHING: unique symbol = Symbol.for('millhand.batching')

/** The batch handler of a definition, of whichever copy of the package; `undefined` where each of its jobs runs by itself. */
export function batchingOf(run: unknown): Batching | undefined {
  return readSafely(run, BATCHING) as Batching | undefined
}

interface Times {
  readonly timeoutMs: number | undefined
  readonly stallTimeoutMs: number | undefined
}

/**
 * The handler of one job that a batch handler makes: a batch of one. A worker sees that there is more to it, and brings its
 * jobs together; whoever runs one job, such as a test, need not know of it.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`
 */
export function batchHandler(owner: string, given: AnyRunMany, times: Times) {
  const { size, wait: waitMs, run } = parseOptions(owner, runManyFields, given)
  if (size === undefined) throw missing(owner, 'size', 'a whole number from 1 to 10000')
  if (run === undefined) throw missing(owner, 'run', 'a function of a list of jobs')
  requireTime(owner, waitMs, times)
  const batching: Batching = Object.freeze({ size, waitMs, run })
  const runOne = async (input: unknown, ctx: JobContext) => {
    const [result] = await resultsOf(batching, [new BatchMember(input, ctx)], contextOfOne(ctx))
    return result
  }
  return Object.defineProperty(runOne, BATCHING, { value: batching })
}

function contextOfOne(ctx: JobContext): BatchContext {
  return {
    get signal() {
      return ctx.signal
    },
    get resources() {
      return ctx.resources
    },
  }
}

function missing(component: string, option: string, expected: string): Error {
  return optionError('invalid_option', { component, option, expected, got: 'missing' })
}

/** What waits for longer than it may take would always be timed out. */
function requireTime(component: string, waitMs: number, { timeoutMs, stallTimeoutMs }: Times): void {
  const leastMs = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, stallTimeoutMs ?? Number.POSITIVE_INFINITY)
  if (waitMs < leastMs) return
  const expected = `less than the timeout of ${writtenDuration(leastMs)}, in which it counts`
  throw optionError('invalid_option', { component, option: 'wait', expected, got: writtenDuration(waitMs) })
}

/**
 * What a batch handler gives for each of its jobs, in order: a promise each, which is rejected where that job has failed.
 *
 * @throws MillhandError `batch_mismatch`, and what the handler throws
 */
export async function resultsOf(
  { run }: Batching,
  jobs: readonly BatchJob[],
  ctx: BatchContext,
): Promise<readonly Promise<unknown>[]> {
  const given = await run(jobs, ctx)
  const results = given === undefined ? jobs.map(() => undefined) : listOf(given)
  if (results?.length === jobs.length) return results.map((result) => unheard(succeeding(result)))
  // Nobody waits for those that are in it.
  void Promise.allSettled(results ?? [])
  const got = results ? `${results.length}` : preview(given)
  throw jobError('batch_mismatch', { name: jobs[0]?.job.name ?? '', jobs: jobs.length, got })
}

/** An error is none the less for being returned: of one job of many, nothing can be thrown. */
async function succeeding(result: unknown): Promise<unknown> {
  const value = await result
  if (isError(value)) throw value
  return value
}
