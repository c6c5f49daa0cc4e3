import { CARE } from '../job/care.ts'
import type { AnyJobDefinition } from '../job/defined.ts'
import type { Outcome } from '../job/outcome.ts'
import { asError } from '../kit/error.ts'
import { Scope } from '../kit/scope.ts'
import type { QueueInternals } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'
import type { Settled } from '../store/jobs.ts'
import type { CancelNotice } from '../store/workers.ts'
import { outcomeOf } from './answered.ts'
import type { Attempt } from './attempt.ts'
import { attemptOf } from './attempt-of.ts'
import type { Buffered } from './buffer.ts'
import { cleanUp } from './clean-up.ts'
import { Context } from './context.ts'
import type { ContextParts } from './context-needs.ts'
import { contextParts } from './context-parts.ts'
import { FailedCalls } from './failed-calls.ts'
import { type Interruption, interruptionError } from './interruption.ts'
import { Invoker } from './invoker.ts'
import { faulty, Judge } from './judge.ts'
import type { WorkerSettings } from './options.ts'
import { FinishRate } from './prefetch.ts'
import { Reporter } from './reporter.ts'
import { Roster } from './roster.ts'
import { Settler } from './settler.ts'
import type { SharedResources } from './shared-resources.ts'
import { Slots } from './slots.ts'
import { Starts } from './starts.ts'
import { tellOutcome, toldStart } from './tell.ts'
import { Twins } from './twins.ts'

interface CrewOptions {
  readonly settings: WorkerSettings
  readonly resources: SharedResources
  /** Told when a slot is free, or an outcome is written. */
  readonly onFree: () => void
}

/** Runs the attempts of a worker: at most `concurrency` at a time, each from its start until it is settled. */
export class Crew {
  readonly settler: Settler
  readonly rate = new FinishRate()
  readonly twins: Twins
  readonly attempts = new Roster()
  readonly slots: Slots
  readonly invoker: Invoker
  readonly #queue: QueueInternals
  readonly #settings: WorkerSettings
  readonly #judge: Judge
  readonly #reporter: Reporter
  readonly #abandoned = new AbortController()
  readonly #scope = new Scope()
  #active = 0
  #begunMs = Number.NEGATIVE_INFINITY
  readonly #starts: Starts
  readonly #context: ContextParts
  readonly #failedCalls: FailedCalls
  readonly #onFree: () => void

  constructor(door: Queue, queue: QueueInternals, options: CrewOptions) {
    const { clock, events } = queue
    const store = queue.store.until(this.#abandoned.signal)
    this.#queue = queue
    this.#settings = options.settings
    this.#judge = new Judge(options.settings, queue.random)
    this.#onFree = options.onFree
    const { concurrency } = options.settings
    this.slots = new Slots({ concurrency, attempts: this.attempts, onFree: () => this.#tellFree() })
    this.twins = new Twins(store.capabilities.remote)
    const onError = (error: unknown) => events.emit('loop_error', { loop: 'report', error: asError(error) })
    this.settler = new Settler(store, {
      clock,
      onError: (error) => events.emit('loop_error', { loop: 'settle', error }),
    })
    this.#reporter = new Reporter(store, { clock, intervalMs: options.settings.progressMs, onError })
    this.#starts = new Starts(store, { clock, attempts: this.attempts, onError })
    this.#failedCalls = new FailedCalls(events)
    this.invoker = new Invoker({ queue, slots: this.slots, mark: (attempt) => this.#reporter.mark(attempt) })
    this.#context = contextParts({
      ...{ door, queue, reporter: this.#reporter, failedCalls: this.#failedCalls, invoker: this.invoker },
      ...{ resources: options.resources, secrets: options.settings.secrets },
      definition: (name) => this.#judge.definition(name),
      decide: (attempt, outcome, definition) => this.#judge.decide(attempt, outcome, definition),
    })
  }

  /** Jobs from their start until their outcome is written: more than are running. */
  get active(): number {
    return this.#active
  }

  get running(): number {
    return this.attempts.size
  }

  /** The same without those that wait for their children. */
  get busy(): number {
    return this.#active - this.slots.waiting
  }

  /** When a job was last begun, by `clock.elapsed()`. */
  get begunMs(): number {
    return this.#begunMs
  }

  /** Runs a claimed job that begins at `nowMs`; resolves when its outcome is written or refused. The slot is free before that. */
  run(buffered: Buffered, nowMs: number): Promise<void> {
    // Whoever freed the slot may be another handler, in whose scope this one would run.
    return this.#scope.run(this.#running, buffered, nowMs)
  }

  readonly #running = (buffered: Buffered, nowMs: number) => this.#run(buffered, nowMs)

  async #run(buffered: Buffered, nowMs: number): Promise<void> {
    const { job } = buffered
    let settled: Settled = 'refused'
    let attempt: Attempt | undefined
    this.#active += 1
    this.slots.enter(buffered)
    try {
      const definition = this.#judge.definition(job.name)
      attempt = this.#begin(buffered, definition, nowMs)
      settled = await this.#attempt(attempt, definition)
    } catch (error) {
      settled = await this.#fail(buffered, attempt, error)
    } finally {
      this.#active -= 1
      this.slots.exit(buffered)
      this.#tellFree()
    }
    const twin = this.twins.leave(job, settled)
    if (twin) await this.release([twin])
  }

  /** One function, since each more that waits costs the hot path a promise. */
  async #attempt(attempt: Attempt, definition: AnyJobDefinition | undefined): Promise<Settled> {
    const { job } = attempt
    let outcome: Outcome
    let durationMs: number
    let endedAfterMs: number | undefined
    try {
      if (!job.begun && job.care !== CARE.none) await this.#starts.noteFirst(attempt)
      else if (!job.begun) this.#starts.mark()
      const context = new Context(attempt, this.#context)
      outcome = context.masked(await outcomeOf(attempt, definition, { context, store: this.#queue.store }))
      durationMs = attempt.elapsedMs
      if (definition?.cleanup && job.answer === undefined)
        await this.#cleanUp({ attempt, definition, context, outcome })
      else endedAfterMs = durationMs
    } finally {
      this.#free(attempt, endedAfterMs)
    }
    if (this.#reporter.has(attempt)) await this.#reporter.finish(attempt)
    const settlement = this.#judge.decide(attempt, outcome, definition)
    const settled = attempt.settled ? 'settled' : await this.settler.add(settlement)
    const told = this.settler.substituteOf(settlement)
    this.#failedCalls.end(attempt, outcome)
    tellOutcome(this.#queue.events, attempt, {
      settled,
      settlement: told?.settlement ?? settlement,
      outcome: told?.outcome ?? outcome,
      durationMs,
    })
    return settled
  }

  async #cleanUp(ended: Parameters<typeof cleanUp>[0]): Promise<void> {
    const error = await cleanUp(ended, this.#queue.clock, this.#settings.abortGraceMs)
    if (!error) return
    const { job, worker } = ended.attempt
    const { id, name, queue, attempt } = job
    const shown = ended.context.maskedError(error)
    this.#queue.events.emit('cleanup_error', { id, name, queue, worker, attempt, error: shown })
  }

  /** The handler has ended, or was left behind: its slot is free. */
  #free(attempt: Attempt, afterMs = attempt.elapsedMs): void {
    attempt.end(afterMs)
    this.rate.finish(attempt.startedElapsedMs + afterMs)
    this.attempts.delete(attempt)
    this.slots.leave(attempt)
    this.#tellFree()
  }

  /** Who waits for a slot to go on in comes before whoever has not begun. */
  #tellFree(): void {
    this.slots.pass()
    this.#onFree()
  }

  /** Only a fault of Millhand's own comes here: it burns an attempt, or the job would meet it again and again. */
  async #fail({ job, claim }: Buffered, attempt: Attempt | undefined, fault: unknown): Promise<Settled> {
    const error = asError(fault)
    this.#queue.events.emit('loop_error', { loop: 'attempt', error })
    if (attempt?.settled) return 'settled'
    return this.settler.add(faulty(job, { error, worker: claim.worker, attempt }))
  }

  /** Gives claimed jobs back that have not begun here; resolves when that is written, or refused. */
  async release(jobs: readonly Buffered[]): Promise<void> {
    const written = jobs.map(({ job, claim }) => this.settler.add(this.#judge.release(job, claim.worker)))
    const answers = await Promise.all(written)
    for (const [index, buffered] of jobs.entries()) {
      const { id, name, queue, attempt } = buffered.job
      const answer = answers[index] ?? 'refused'
      const { worker } = buffered.claim
      if (answer === 'settled') this.#queue.events.emit('release', { id, name, queue, worker, attempt })
      const twin = this.twins.leave(buffered.job, answer)
      if (twin) await this.release([twin])
    }
  }

  /** Gives up on what cannot be written: see `Settler`. */
  abandon(): void {
    this.settler.abandon()
    this.#abandoned.abort()
  }

  interruptAll(reason: Interruption, only: (attempt: Attempt) => boolean = () => true): void {
    // What a handler listens to is not to run in the scope of whoever stops the worker or cancels the job.
    this.#scope.run(() => {
      for (const attempt of this.attempts) if (only(attempt)) attempt.interrupt(reason)
    })
  }

  cancel(notices: readonly CancelNotice[]): void {
    for (const { seq, epoch, reason } of notices) {
      const error = interruptionError('cancelled', { reason })
      this.interruptAll(error, ({ job }) => job.seq === seq && job.epoch === epoch)
    }
  }

  close(): void {
    this.#starts.close()
    this.#reporter.close()
  }

  #begin(buffered: Buffered, definition: AnyJobDefinition | undefined, startedMs: number): Attempt {
    const { clock, events } = this.#queue
    const { abortGraceMs } = this.#settings
    const attempt = attemptOf(buffered, definition, { clock, abortGraceMs, startedMs })
    this.attempts.add(attempt)
    this.#begunMs = attempt.startedElapsedMs
    this.rate.start(attempt.startedElapsedMs)
    if (events.has('start')) events.emit('start', { ...toldStart(attempt), worker: attempt.worker })
    return attempt
  }
}
