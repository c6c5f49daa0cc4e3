import { isFatal, rateLimitOf, retryDelayMs, skipReason, snoozeDelayMs } from '../job/control.ts'
import { declaredOf } from '../job/declared.ts'
import type { AnyJobDefinition } from '../job/defined.ts'
import { jobError } from '../job/errors.ts'
import type { FailureKind } from '../job/failure.ts'
import { limitOf } from '../job/limit.ts'
import { limitsIn, type Outcome } from '../job/outcome.ts'
import { serialise } from '../job/payload.ts'
import { type Checked, check, checkStored } from '../job/schema.ts'
import { storedIssues } from '../job/stored.ts'
import { asError, messageOf } from '../kit/error.ts'
import type { Attempt } from './attempt.ts'
import { type Context, SOMETHING_ELSE } from './context.ts'

/**
 * One attempt, from top to bottom: find the handler, check the input, run it, check the output, each under the deadlines
 * of the attempt. Whatever handler and schemas give or throw, this resolves to the outcome; it never throws. What
 * becomes of the job is decided by `settle` in job/outcome.ts.
 */
export async function execute(
  attempt: Attempt,
  definition: AnyJobDefinition | undefined,
  context: Context,
): Promise<Outcome> {
  const { name, input } = attempt.job
  if (!definition) return failure('unknown_job', jobError('unknown_job', { name, known: [] }))
  try {
    const broken = storedIssues(attempt.job)
    const checking = broken.length > 0 ? { issues: broken } : checkInput(definition, input)
    const checked = checking instanceof Promise ? await attempt.run(() => checking) : checking
    if ('issues' in checked) return failure('invalid_input', jobError('invalid_input', { name, ...checked }))

    const returned = await attempt.run(() => definition.run(checked.value as never, context as never))
    // A handler may forget to wait for its transaction; the job would be complete, and the effects undone.
    if (attempt.transaction) await attempt.run(() => attempt.transaction)
    if (attempt.settled) return SETTLED
    if (isInVain(attempt)) return interrupted(attempt) as Outcome
    if (returned !== undefined) context.tellUnheeded(returned, SOMETHING_ELSE)
    const outcome =
      controlled(returned) ??
      declared(returned) ??
      misplaced(context, returned) ??
      checkOutput(name, definition, returned)
    if (!(outcome instanceof Promise)) return outcome
    const checkedOutcome = await attempt.finish(outcome)
    return isInVain(attempt) ? (interrupted(attempt) as Outcome) : checkedOutcome
  } catch (thrown) {
    if (attempt.settled) return SETTLED
    if (attempt.interruption) return interrupted(attempt) as Outcome
    context.tellUnheeded(thrown, 'was called, and something else was thrown')
    return (
      rateLimited({ attempt, definition, context }, thrown) ??
      declared(thrown) ??
      failure('error', wronglyThrown(thrown) ?? asError(thrown))
    )
  }
}

/** Where too many wait for their children: some of those end in that time. */
const WAIT_AGAIN_MS = 10_000

/** A handler that was told to stop may still have finished its work; only a stopping worker takes it. */
function isInVain({ interruption }: Attempt): boolean {
  return interruption !== undefined && interruption.code !== 'worker_stopping'
}

/** What `ctx.snooze` and `ctx.skip` gave, of whichever copy of the package. */
function controlled(returned: unknown): Outcome | undefined {
  const delayMs = snoozeDelayMs(returned)
  if (delayMs !== undefined) return { kind: 'snooze', delayMs }
  const reason = skipReason(returned)
  return reason === undefined ? undefined : { kind: 'skip', reason }
}

/** What `ctx.fail` gave: it counts whether it was returned or thrown. */
function declared(given: unknown): Outcome | undefined {
  const told = declaredOf(given)
  if (!told) return undefined
  const { output, permanent } = told
  try {
    const json = output === undefined ? null : serialise('output of ctx.fail', output)
    return { kind: 'failure', failureKind: 'error', error: asError(given), output: json, permanent }
  } catch (error) {
    return failure('invalid_output', asError(error))
  }
}

/** A service has said that it had enough, for all jobs of the limit. */
function rateLimited({ attempt, definition, context }: Executed, thrown: unknown): Outcome | undefined {
  const told = rateLimitOf(thrown, attempt.nowMs)
  if (!told) return undefined
  const { limit } = told
  if (limit !== undefined) tellUnheld({ attempt, definition, context }, limit)
  return { kind: 'snooze', delayMs: told.delayMs, limited: { limit } }
}

interface Executed {
  readonly attempt: Attempt
  readonly definition: AnyJobDefinition
  readonly context: Context
}

/** Nothing is closed where the job has no such limit. One whose key is `null` for this input has none either, and that is meant. */
function tellUnheld({ attempt: { job }, definition, context }: Executed, limit: string): void {
  const held = limitsIn(job.limits).map(limitOf)
  const defined = (definition.limits ?? []).map((each) => each.limit.name)
  if (held.includes(limit) || defined.includes(limit)) return
  const known = [...new Set([...held, ...defined])]
  context.tellOf('RateLimited', jobError('limit_not_held', { name: job.name, limit, known }))
}

/** What `ctx.snooze` or `ctx.skip` gave is no error. */
function wronglyThrown(thrown: unknown): Error | undefined {
  const fate = controlled(thrown)
  const call = fate?.kind === 'snooze' ? 'ctx.snooze' : 'ctx.skip'
  return fate && jobError('fate_not_returned', { call, how: 'was called, and what it gave was thrown' })
}

/** A fate that went the other one's way: asked for and not returned, or returned where it is to be thrown. */
function misplaced(context: Context, returned: unknown): Outcome | undefined {
  const call = returned === undefined ? context.unheeded(returned) : undefined
  if (call !== undefined)
    return failure(
      'error',
      jobError('fate_not_returned', { call, how: 'was called, and nothing was returned' }),
    )
  if (isFatal(returned) || retryDelayMs(returned) !== undefined || rateLimitOf(returned, 0))
    return failure('error', jobError('fate_not_thrown', { message: messageOf(returned) }))
  return undefined
}

/** The input again: the code may have changed since it was enqueued, and so may the row. */
function checkInput(definition: AnyJobDefinition, json: string): Checked | Promise<Checked> {
  try {
    return checkStored(definition.input, JSON.parse(json))
  } catch (error) {
    return { issues: [`not JSON: ${asError(error).message}`] }
  }
}

/** `ctx.transaction` has completed the job: whatever came after cannot change that. */
const SETTLED: Outcome = { kind: 'complete', output: null }

/** The outcome of what a handler returned: its output as JSON, if it fits the schema. */
export function checkOutput(
  name: string,
  definition: AnyJobDefinition,
  returned: unknown,
): Outcome | Promise<Outcome> {
  const checking = check(definition.output, returned)
  return checking instanceof Promise
    ? checking.then((checked) => toOutcome(name, checked))
    : toOutcome(name, checking)
}

function toOutcome(name: string, checked: Checked): Outcome {
  if ('issues' in checked) return failure('invalid_output', jobError('invalid_output', { name, ...checked }))
  if (checked.value === undefined) return { kind: 'complete', output: null }
  try {
    return { kind: 'complete', output: serialise(`output of job '${name}'`, checked.value) }
  } catch (error) {
    return failure('invalid_output', asError(error))
  }
}

/** The outcome of an attempt that was aborted, by why it was. */
function interrupted(attempt: Attempt): Outcome | undefined {
  const { interruption } = attempt
  switch (interruption?.code) {
    case undefined:
      return undefined
    case 'timed_out':
      return failure('timeout', asError(interruption))
    case 'stalled':
      return failure('stalled', asError(interruption))
    case 'too_many_waiting':
      return { kind: 'snooze', delayMs: WAIT_AGAIN_MS }
    default:
      // Cancelled, lost or stopping: nobody failed. The job goes back, unless somebody else has it already.
      return { kind: 'release' }
  }
}

function failure(failureKind: FailureKind, error: Error): Outcome {
  return { kind: 'failure', failureKind, error }
}
