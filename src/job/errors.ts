import { DURATION_EXAMPLES } from '../kit/duration.ts'
import { errorFactory, isMillhandError, preview } from '../kit/error.ts'
import { sentence } from '../kit/sentence.ts'
import { didYouMean } from '../kit/suggest.ts'
import type { Conflict, Standing } from './key.ts'

/** Where the job stands that holds a key, and what to do. */
const HOLDS: Readonly<Record<Standing, string>> = {
  pending: "which waits to be run. Leave it, cancel it, or enqueue with onConflict 'replace'.",
  begun:
    "which a worker has taken already. Enqueue again when it has ended, or with onConflict 'debounce', to be run after it.",
  ended:
    'which has ended and keeps it by its keyScope. Free the key to run it again: queue.freeKey(name, key).',
}

/** No name of a job has a space: what has one says itself what it is. */
function whose(name: string | undefined): string {
  return name?.includes(' ') ? name : `job '${name}'`
}

/** What an error said that was thrown, short. */
function inBrackets(problem: string | undefined): string {
  return problem === undefined ? '' : ` (${preview(problem)})`
}

/** A limit that two definitions give different values. */
interface ConflictingLimits {
  readonly limit: string
  /** Those two, and what each lets pass. */
  readonly jobs: readonly string[]
  readonly values: readonly string[]
}

/** The calls by which a handler decides its own fate, each as it is to be written. */
const FATE_EXAMPLES = {
  'ctx.snooze': "ctx.snooze('5m')",
  'ctx.skip': "ctx.skip('already done')",
  'ctx.fail': "ctx.fail({ message: '…' })",
} as const

export type FateCall = keyof typeof FATE_EXAMPLES

/** Every error of the domain: what happened, what was expected, what to do. docs/errors.md lists them. */
export const jobErrors = {
  duplicate_definition: (facts: { name: string }) =>
    `Two definitions are named '${facts.name}'. A name stands for one handler: rename one of them, or list it once.`,
  conflicting_limits: ({ limit, jobs, values }: ConflictingLimits) =>
    `Limit '${limit}' lets ${values[0]} pass in ${whose(jobs[0])}, and ${values[1]} in ${whose(jobs[1])}. One limit has one value: ` +
    "give both the same, or one of them another 'name'.",
  name_needed: (facts: { name: string; stem: string }) =>
    `'${facts.name}' is a prefix, and a job has one name. Enqueue it by that: queue.enqueue('${facts.stem}NAME', input), or give the definition that name: { ...job, name: '${facts.stem}NAME' }. Its input is checked by this definition.`,
  missing_handler: (facts: { name: string }) =>
    `The definition of job '${facts.name}' has no handler. Give it 'run' or 'runMany', or pass spec.handle(run) to the worker.`,
  two_handlers: (facts: { name: string }) =>
    `The definition of job '${facts.name}' has 'run' and 'runMany': a job runs by itself, or with others. Leave one of them out.`,
  batch_mismatch: (facts: { name: string; jobs: number; got: string }) =>
    `The 'runMany' of job '${facts.name}' was given ${facts.jobs} job(s), and returned ${facts.got} for them: expected a list with a result for each, in their order. ` +
    'Return jobs.map(…), with an Error for each that failed, or nothing at all.',
  batch_too_large: (facts: { name: string; size: number; concurrency: number }) =>
    `The 'runMany' of job '${facts.name}' takes up to ${facts.size} jobs, and this worker runs ${facts.concurrency} at a time: they would never be that many. ` +
    `Raise 'concurrency' to ${facts.size}, or make 'size' smaller.`,
  no_jobs: ({ role, jobs = [] }: { role?: string; jobs?: readonly string[] }) =>
    role !== undefined && jobs.length > 0
      ? `The worker would claim nothing: role ${preview(role)} leaves out each of its ${jobs.length} job(s), such as '${jobs[0]}'. ` +
        "Give the role the name of one of them in 'roles', or leave 'role' out."
      : "The worker would claim nothing: it has no jobs. Pass the definitions that it runs as 'jobs', with their handlers, " +
        "or a 'fallback' that runs jobs of any name.",
  worker_stopped: (_facts: object) =>
    'The worker was stopped, and stays so: make a new one with new Worker(queue, options).',
  setup_failed: (facts: { problem: string }) =>
    `The setup of the worker failed: ${sentence(facts.problem)} Nothing was claimed, and there is nothing to tear down. Mend it, then start the worker again.`,
  setup_timed_out: (facts: { timeoutMs: number }) =>
    `The setup of the worker has not ended within ${facts.timeoutMs} ms. Nothing was claimed; what it gives later is torn down. ` +
    "See what it waits for, or raise 'setupTimeout'.",
  teardown_timed_out: (facts: { graceMs: number }) =>
    `The teardown of the worker has not ended within the abortGrace of ${facts.graceMs} ms, and is left behind. Make it shorter, or raise abortGrace.`,
  secret_missing: (facts: { name: string; known: boolean; got?: string }) =>
    facts.known
      ? `There is no secret ${preview(facts.name)} for this job: the worker's 'secrets' gave ${facts.got ?? 'none'}. See that it has one for the context of the job${facts.got === undefined ? '' : ', and gives its text'}.`
      : `There is no secret ${preview(facts.name)}: the worker has no 'secrets'. Pass them: new Worker(queue, { jobs, secrets: (name, job) => … }).`,
  next_misused: (facts: {
    /** Its name; '' where it has none. */
    hook: string
    where: 'aroundEnqueue' | 'aroundRun'
    how: 'was not called' | 'was called again'
  }) =>
    `${facts.hook === '' ? 'A hook' : `The hook ${preview(facts.hook)}`} of ${facts.where} is wrong: next() ${facts.how}. A hook calls it exactly once; to refuse a job, it throws.`,
  unknown_job: (facts: { name: string; known: readonly string[] }) =>
    `No job is named ${preview(facts.name)}.${didYouMean(facts.name, facts.known)} ` +
    `Known here: ${facts.known.join(', ') || 'none'}. Pass its definition, or open the queue with it in 'jobs'.`,
  invalid_name: ({ what, got, expected }: { what: string; got: string; expected: string }) =>
    // What names a job or a limit itself is hard to tell from what was given.
    `The ${what} ${what.includes("'") ? `is ${got}, which` : got} is not valid: expected ${expected}.`,
  invalid_duration: (facts: { option: string; got: string }) =>
    `'${facts.option}' is ${facts.got}, expected ${DURATION_EXAMPLES}.`,
  invalid_input: (facts: {
    name: string
    issues: readonly string[]
    index?: number
    /** That of a schedule whose jobs would not fit. */
    schedule?: string
    missing?: true
  }) =>
    (facts.schedule === undefined
      ? facts.missing
        ? `No input was given, and job '${facts.name}' needs one. `
        : ''
      : `Schedule '${facts.schedule}'${facts.missing ? " has no 'input', which its job needs" : ''}. `) +
    `The input${facts.index === undefined ? '' : ` at index ${facts.index}`} of job '${facts.name}' does not fit its schema: ${facts.issues.join('; ')}.`,
  invalid_output: (facts: { name: string; issues: readonly string[] }) =>
    `The output of job '${facts.name}' does not fit its schema: ${facts.issues.join('; ')}. ` +
    `Mend the handler or the schema, then retry the job.`,
  not_serialisable: (facts: { what: string; path: string; problem: string }) =>
    `The ${facts.what} cannot be stored as JSON: ${facts.problem} at ${facts.path}.`,
  payload_too_large: (facts: {
    what: string
    /** Counted no further than this where there are `more`. */
    bytes: number
    more?: true
    limitBytes: number
    path: string
  }) =>
    `The ${facts.what} is ${facts.more ? 'more than ' : ''}${facts.bytes} bytes as JSON, ` +
    `the limit is ${facts.limitBytes}; its largest part is ` +
    `${facts.path}. Put large data in a file or a bucket and pass a reference.`,
  queue_full: (facts: { queue: string; limit: number; option?: 'maxSize' }) =>
    `Queue '${facts.queue}' already holds ${facts.limit} pending jobs, which is its limit. ` +
    `Wait until workers have caught up, add workers, or raise '${facts.option ?? 'pendingMax'}'.`,
  key_conflict: (facts: Omit<Conflict, 'index'> & { index?: number; conflicts?: readonly Conflict[] }) =>
    `Key ${preview(facts.key)} of job '${facts.name}'${facts.index === undefined ? '' : ` at index ${facts.index}`} ` +
    `is held by job '${facts.id}', ${HOLDS[facts.state]}`,
  enqueue_incomplete: (facts: { stored: number; of: number; ids: readonly string[]; problem: string }) =>
    `enqueueMany stored the first ${facts.stored} of ${facts.of} jobs, then failed: ${sentence(facts.problem)} ` +
    `These stay; 'ids' has theirs, in order. Mend the cause, then enqueue the items from index ${facts.stored} on.`,
  bulk_incomplete: (facts: { verb: string; done: number; ids: readonly string[]; problem: string }) =>
    `The ${facts.verb} stopped half way: ${sentence(facts.problem)} It was done to ${facts.done} job(s) before, and that stays. ` +
    'Mend the cause, then ask for all of it again: what is done is passed over.',
  invalid_limit_key: (facts: { name: string; limit: string; got: string; problem?: string; cache?: true }) =>
    `The key of ${facts.cache ? 'the cache' : `limit '${facts.limit}'`} gave ${facts.got}${inBrackets(facts.problem)} for the input of job '${facts.name}': ` +
    `expected a text or a number, or null where this job ${facts.cache ? 'has no equal' : 'is not limited'}. Nothing was stored.`,
  invalid_group: (facts: { name: string; got: string; problem?: string }) =>
    `The group of job '${facts.name}' gave ${facts.got}${inBrackets(facts.problem)} for its input: expected a text or a number, ` +
    'or null where this job has no group. Nothing was stored.',
  limit_not_found: (facts: { name: string; known: readonly string[] }) =>
    `No limit is named ${preview(facts.name)}.${didYouMean(facts.name, facts.known)} ` +
    `There are: ${facts.known.join(', ') || 'none'}. A limit is known once a job that has it was enqueued, or a worker for it has started.`,
  operation_incomplete: (facts: { operation: string; verb: string; problem: string }) =>
    `The ${facts.verb} stopped half way: ${sentence(facts.problem)} What is done stays. ` +
    `Mend the cause, then call it again with operation: '${facts.operation}': it goes on, and nothing is done twice.`,
  operation_forgotten: (facts: { operation: string; verb: string; jobs: number }) =>
    `The ${facts.verb} stopped half way, done to ${facts.jobs} job(s): the operation '${facts.operation}' is not known any more, since newer ones have taken its place. ` +
    `What is done stays. To go on, call it anew: its id would begin another one.`,
  operation_differs: (facts: { operation: string; verb: string }) =>
    `The operation '${facts.operation}' has begun already, as another one: its filter, its verb (${facts.verb}) or what belongs to it differ. ` +
    `Use an id of its own for each operation; queue.operations() lists them.`,
  schedule_not_found: (facts: { name: string; known: readonly string[] }) =>
    `No schedule is named ${preview(facts.name)}.${didYouMean(facts.name, facts.known)} ` +
    `There are: ${facts.known.join(', ') || 'none'}. Set it first, with queue.schedules.set or in the configuration.`,
  schedule_changing: (facts: { name: string; verb: string }) =>
    `Schedule '${facts.name}' was changed by others again and again: the ${facts.verb} was not done. Look at it, and try again.`,
  job_not_found: (facts: { id: string }) =>
    `No job has the id ${preview(facts.id)}. It never existed, or it was pruned after its retention.`,
  other_job: (facts: { id: string; name: string; expected: string }) =>
    `Job '${facts.id}' is named '${facts.name}', not '${facts.expected}'. Pass the definition that it was enqueued with, or the id alone.`,
  worker_not_found: (facts: { id: string; known: readonly string[] }) =>
    `No worker has the id ${preview(facts.id)}: it has stopped, or has come back under another one.${didYouMean(facts.id, facts.known)} ` +
    `There are: ${facts.known.join(', ') || 'none'}.`,
  not_cancellable: (facts: { id: string; state: string }) =>
    `Job '${facts.id}' is ${facts.state}: only a job that is not settled yet can be cancelled.`,
  not_retryable: (facts: { id: string; state: string }) =>
    facts.state === 'failed' || facts.state === 'cancelled'
      ? `Job '${facts.id}' cannot be retried: its key is held by another job of its name, which is unfinished or keeps it beyond its end. ` +
        'Wait until that one has ended, or free the key if it has: queue.freeKey(name, key).'
      : `Job '${facts.id}' is ${facts.state}: only a failed or cancelled job can be retried.`,
  job_failed: (facts: {
    id: string
    name: string
    kind: string
    message: string
    attempts: number
    /** The error's own, where it has one. */
    code?: string
    /** What the handler got done, where it told `ctx.fail`. */
    output?: unknown
  }) =>
    `Job '${facts.name}' (${facts.id}) failed after ${facts.attempts} attempt(s), ${facts.kind}: ${facts.message}`,
  job_cancelled: (facts: { id: string; name: string; reason: string }) =>
    `Job '${facts.name}' (${facts.id}) was cancelled: ${facts.reason}`,
  output_unreadable: (facts: { id: string; name: string }) =>
    `Job '${facts.name}' (${facts.id}) is complete, and what stands in the store as its output is not JSON: somebody has changed the row. ` +
    `get('${facts.id}') shows it as it is; mend the row, or run the job again.`,
  result_timeout: (facts: { id: string; timeoutMs: number; state: string }) =>
    `Job '${facts.id}' is still ${facts.state} after ${facts.timeoutMs} ms. The job goes on; ask explain('${facts.id}') why it waits.`,
  child_differs: (facts: { id: string; step: string; what: string; asked: string }) =>
    `Step ${preview(facts.step)} is that of job '${facts.id}', which is of ${facts.what}: ctx.invoke asked for ${facts.asked}. ` +
    "A handler that runs again has to invoke the same at the same step. Name the calls whose order may change with 'step'.",
  child_not_awaited: (facts: { id: string; name: string }) =>
    `The handler has ended while ctx.invoke still waited for job '${facts.name}' (${facts.id}), which goes on. Write await ctx.invoke(…), ` +
    'or ctx.enqueue(…) where its result is not needed.',
  invoked_too_deep: (facts: { id: string; name: string; limit: number }) =>
    `Job '${facts.name}' (${facts.id}) may not invoke another one: it is the last of ${facts.limit + 1} jobs that have invoked one another. ` +
    'See whether one invokes itself without end, or enqueue what need not be waited for.',
  drain_timeout: (facts: { queue: string; timeoutMs: number }) =>
    `Queue '${facts.queue}' still has jobs that are pending or running after ${facts.timeoutMs} ms. They go on; ask stats() how many there are.`,
  clock_stands_still: (facts: { id: string; dueInMs: number }) =>
    `Job '${facts.id}' is due in ${facts.dueInMs} ms on a virtual clock that nobody moves: result() would wait for ever. ` +
    `Move it, clock.advance(${facts.dueInMs}), or run what is due and what comes due with runUntilIdle(queue, { jobs }), before you wait.`,
  outcome_refused: (facts: { id: string; verb: string; problem: string }) =>
    `What the attempt of job '${facts.id}' came to (${facts.verb}) cannot be written: ${facts.problem}. ` +
    'The job has failed instead. Mend what the message names, then retry the job.',
  lease_lost: (facts: { id: string; worker: string; epoch: number }) =>
    `Worker '${facts.worker}' no longer holds job '${facts.id}' (epoch ${facts.epoch}): it was rescued, cancelled or settled. Nothing was written.`,
  fate_not_returned: (facts: { call: FateCall; how: string }) =>
    `${facts.call} ${facts.how}: what it gives counts when the handler returns it. Write return ${FATE_EXAMPLES[facts.call]}.`,
  limit_not_held: (facts: { name: string; limit: string; known: readonly string[] }) =>
    `The handler of job '${facts.name}' threw a RateLimited of limit ${preview(facts.limit)}, which its job has not: nothing was closed, and this job alone waits.` +
    `${didYouMean(facts.limit, facts.known)} It has: ${facts.known.join(', ') || 'none'}. Name one of them, or leave 'limit' out.`,
  cleanup_timed_out: (facts: { graceMs: number }) =>
    `The cleanup of the job has not ended within the abortGrace of ${facts.graceMs} ms, and is left behind. Make it shorter, or raise abortGrace.`,
  fate_not_thrown: (facts: { message: string }) =>
    `The handler returned a Fatal, a RetryAfter or a RateLimited (${facts.message}): it counts when it is thrown. Write throw new Fatal('…').`,
  already_settled: (facts: { id: string }) =>
    `Job '${facts.id}' was settled by this attempt already, or is about to be. ctx.transaction completes the job: do all of the writes in one and return what it returns.`,
} as const

export const jobError = errorFactory(jobErrors)

/** Of a call that did not fail: what it asked for is not what happens. */
export function cameToNothing(error: unknown): boolean {
  return isMillhandError(error, 'fate_not_returned') || isMillhandError(error, 'limit_not_held')
}
