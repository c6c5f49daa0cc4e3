import type { JobContext, JobLog } from '../job/context.ts'
import { type Fate, Skip, Snooze } from '../job/control.ts'
import { DeclaredFailure } from '../job/declared.ts'
import { cameToNothing, type FateCall, jobError } from '../job/errors.ts'
import type { JobHandle } from '../job/handle.ts'
import type { RunningJob } from '../job/job.ts'
import type { Json } from '../job/json.ts'
import type { Outcome } from '../job/outcome.ts'
import { serialise } from '../job/payload.ts'
import type { Progress } from '../job/progress.ts'
import type { Resources, Secrets } from '../job/resources.ts'
import { fractionProblem, showable, showableProgress, showableText } from '../job/showable.ts'
import type { AnyJobSpec, EnqueueArguments, HandleOf, ResultOf, StoredInputOf } from '../job/typed.ts'
import { asError, messageOf } from '../kit/error.ts'
import { Mask } from '../kit/mask.ts'
import { unheard } from '../kit/thenable.ts'
import type { LogLine } from '../store/jobs.ts'
import type { Attempt } from './attempt.ts'
import { carried } from './carried.ts'
import type { ContextParts } from './context-needs.ts'
import type { FailedCall } from './failed-calls.ts'
import { toRunningJob } from './job-view.ts'

interface Asked {
  readonly call: FateCall
  readonly fate: Fate
}

/** How a call came to nothing whose fate was not returned. */
export const SOMETHING_ELSE = 'was called, and something else was returned'

/**
 * See `JobContext` in job/context.ts. Everything that costs something is made when it is first asked for; what can be called
 * may be taken out of it: `run(input, { log, progress })`.
 */
export class Context implements JobContext {
  readonly #attempt: Attempt
  readonly #parts: ContextParts
  #job: RunningJob | undefined
  #log: JobLog | undefined
  /** What `secrets` gave to this attempt. */
  #mask: Mask | undefined
  /** The fates that were asked for, and of which nothing was told yet. */
  #asked: Asked[] | undefined
  #hasWarned = false

  constructor(attempt: Attempt, parts: ContextParts) {
    this.#attempt = attempt
    this.#parts = parts
  }

  get job(): RunningJob {
    this.#job ??= toRunningJob(this.#attempt)
    return this.#job
  }

  get attempt(): number {
    return this.#attempt.job.attempt
  }

  get signal(): AbortSignal {
    return this.#attempt.signal
  }

  get attemptDeadline(): Date | undefined {
    return this.#attempt.deadline
  }

  get context(): Readonly<Record<string, Json>> {
    return this.job.context
  }

  get checkpointed(): unknown {
    return this.job.checkpoint
  }

  get log(): JobLog {
    this.#log ??= this.#makeLog()
    return this.#log
  }

  get resources(): Resources {
    return this.#parts.resources()
  }

  get secrets(): Secrets {
    return { get: (name) => unheard(this.#secret(name)) }
  }

  get progress(): JobContext['progress'] {
    return (given) => this.#progress(given)
  }

  /** As with all promises of the context: a handler that has not waited for it is not ended by its failure. */
  get checkpoint(): JobContext['checkpoint'] {
    return (value) => this.#told('ctx.checkpoint', this.#checkpoint(value))
  }

  get transaction(): JobContext['transaction'] {
    return (body) => this.#transaction(body)
  }

  get enqueue(): JobContext['enqueue'] {
    return (spec, ...args) => this.#told('ctx.enqueue', this.#enqueue(spec, ...args))
  }

  get invoke(): JobContext['invoke'] {
    return (spec, ...[input, options]) => {
      const call = { job: this.job, spec, input, options }
      return this.#told('ctx.invoke', this.#parts.invoke(this.#attempt, call)) as Promise<never>
    }
  }

  get snooze(): JobContext['snooze'] {
    return (delay) => this.#ask('ctx.snooze', new Snooze(delay))
  }

  get skip(): JobContext['skip'] {
    return (reason) => this.#ask('ctx.skip', new Skip(reason))
  }

  get fail(): JobContext['fail'] {
    return (failure) => this.#ask('ctx.fail', new DeclaredFailure(failure))
  }

  /** Which of `snooze`, `skip` and `fail` was called, where what it gave is not what the handler ended with. */
  unheeded(ending: unknown): FateCall | undefined {
    return this.#asked?.find(({ fate }) => fate !== ending)?.call
  }

  /** It is in a batch: what one of its jobs has asked for is hidden in what is told of each. */
  maskWith(mask: Mask): void {
    if (this.#mask) mask.include(this.#mask)
    this.#mask = mask
  }

  /** The outcome as it may be kept and told. */
  masked(outcome: Outcome): Outcome {
    const mask = this.#mask
    if (!mask || outcome.kind === 'complete') return outcome
    if (outcome.kind === 'skip') return { ...outcome, reason: mask.text(outcome.reason) }
    return outcome.kind === 'failure' ? { ...outcome, mask } : outcome
  }

  /** What was thrown as it may be told. */
  maskedError(thrown: unknown): Error {
    const error = asError(thrown)
    return this.#mask ? this.#mask.error(error) : error
  }

  async #secret(name: string): Promise<string> {
    const secret = await this.#parts.secret(name, this.job)
    this.#mask ??= new Mask()
    this.#mask.add(secret)
    return secret
  }

  /** What they give does nothing by itself: where the handler ended with something else, that counts, and this is told. */
  tellUnheeded(ending: unknown, how: string): void {
    const call = this.unheeded(ending)
    if (call === undefined) return
    // Once: what ends in a transaction, or by a schema that throws, ends the handler too.
    this.#asked = undefined
    this.tellOf(call, jobError('fate_not_returned', { call, how }))
  }

  #ask<Given extends Fate>(call: FateCall, fate: Given): Given {
    // One of two is not what the handler ends with: no more need be kept, however many it asks for.
    this.#asked ??= []
    if (this.#asked.length < 2) this.#asked.push({ call, fate })
    return fate
  }

  #progress(given: Progress | number): void {
    const progress = this.#shown(showableProgress(given))
    if (progress.fraction === 1 && !this.#hasWarned) this.#warnOf(given)
    this.#attempt.setProgress(progress)
    this.#parts.mark(this.#attempt)
    this.#parts.onProgress(this.#attempt, progress)
  }

  /** Once: what it is told of says so thousands of times. */
  #warnOf(given: Progress | number): void {
    const problem = fractionProblem(given)
    if (problem === undefined) return
    this.#hasWarned = true
    this.log.warn(problem)
  }

  /** Gives the very promise that the attempt waits for: where the handler forgets it, its failure is not unheard. */
  #transaction<Output, Handle>(body: (tx: Handle) => Output | Promise<Output>): Promise<Output> {
    try {
      if (this.#attempt.settled) throw jobError('already_settled', { id: this.#attempt.job.id })
      return this.#parts.transaction(this.#attempt, this.#watched(body))
    } catch (error) {
      return unheard(Promise.reject(error))
    }
  }

  /** What its body returns settles the job: what comes to nothing by that has to be told within it. */
  #watched<Output, Handle>(body: (tx: Handle) => Output | Promise<Output>): typeof body {
    if (typeof body !== 'function') return body
    return async (tx) => {
      const output = await body(tx)
      this.tellUnheeded(output, SOMETHING_ELSE)
      return output
    }
  }

  async #checkpoint(value: unknown): Promise<void> {
    const json = serialise('checkpoint', value)
    this.#attempt.sign()
    await this.#parts.writeCheckpoint(this.#attempt, json)
  }

  async #enqueue<Spec extends AnyJobSpec>(
    spec: Spec,
    ...[input, options]: EnqueueArguments<Spec>
  ): Promise<JobHandle<ResultOf<Spec>, StoredInputOf<Spec>>> {
    return (await this.#parts.enqueue(spec, input, carried(this.job, options))) as HandleOf<Spec>
  }

  /** One that fails is told in the job's log, and where failures are: a handler that has not waited for it would never hear of that. */
  #told<Value>(call: FailedCall['call'], promise: Promise<Value>): Promise<Value> {
    promise.catch((error) => {
      // Why the attempt was aborted is told of that.
      if (error !== this.#attempt.interruption) this.tellOf(call, error)
    })
    return promise
  }

  tellOf(call: FailedCall['call'], error: unknown): void {
    const words = messageOf(error)
    this.log.warn(cameToNothing(error) ? words : `${call} failed: ${words}`)
    this.#parts.onFailedCall(this.#attempt, { call, error, shown: () => this.maskedError(error) })
  }

  #shown<Told>(told: Told): Told {
    return this.#mask ? this.#mask.data(told) : told
  }

  #makeLog(): JobLog {
    const at = (level: LogLine['level']) => (message: string, data?: Json) => {
      const json = data === undefined ? null : JSON.stringify(this.#shown(showable(data)))
      this.#attempt.log(level, this.#shown(showableText(message)), json)
      this.#parts.mark(this.#attempt)
    }
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }
}
