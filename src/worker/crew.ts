import type { AnyJobDefinition, AnyJobSpec } from '../job/definition.ts'
import type { EnqueueOptions } from '../job/enqueue-options.ts'
import { type Outcome, type Settlement, type SettlePolicy, settle } from '../job/outcome.ts'
import { asError } from '../kit/error.ts'
import type { QueueInternals } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'
import type { ClaimedJob } from '../store/jobs.ts'
import { Attempt } from './attempt.ts'
import { Context, type ContextParts } from './context.ts'
import { execute } from './execute.ts'
import type { Interruption } from './interruption.ts'
import type { WorkerSettings } from './options.ts'
import { FinishRate } from './prefetch.ts'
import { Reporter } from './reporter.ts'
import { Roster } from './roster.ts'
import { Settler } from './settler.ts'
import { tellOutcome } from './tell.ts'
import { requireSettled, Transactor } from './transact.ts'

/** Runs the attempts of a worker: at most `concurrency` at a time, each from its start until it is settled. */
export class Crew {
  readonly settler: Settler
  readonly rate = new FinishRate()
  readonly #queue: QueueInternals
  readonly #settings: WorkerSettings
  readonly #reporter: Reporter
  readonly #running = new Roster()
  readonly #abandoned = new AbortController()
  #active = 0
  #suspects = 0
  readonly #context: ContextParts
  /** Told when a slot is free, or an outcome is written. */
  readonly #onFree: () => void

  constructor(door: Queue, queue: QueueInternals, options: { settings: WorkerSettings; onFree: () => void }) {
    const { clock, events } = queue
    const store = queue.store.until(this.#abandoned.signal)
    this.#queue = queue
    this.#settings = options.settings
    this.#onFree = options.onFree
    const onError = (error: unknown) => events.emit('loop_error', { loop: 'report', error: asError(error) })
    this.settler = new Settler(store, {
      clock,
      onError: (error) => events.emit('loop_error', { loop: 'settle', error }),
    })
    this.#reporter = new Reporter(store, { clock, intervalMs: options.settings.progressMs, onError })
    this.#context = this.#makeContextParts(door)
  }

  /** Jobs from their start until their outcome is written: more than are running. */
  get active(): number {
    return this.#active
  }

  get running(): number {
    return this.#running.size
  }

  /**
   * Whether one of its jobs was in a crashed worker before. Until the outcome is written: a job that has returned and
   * is not settled yet would be blamed for what the next suspect does.
   */
  get holdsSuspect(): boolean {
    return this.#suspects > 0
  }

  get attempts(): Roster {
    return this.#running
  }

  /** Runs one claimed job; resolves when its outcome is written or refused. The slot is free before that. */
  async run(job: ClaimedJob, worker: string): Promise<void> {
    this.#active += 1
    if (job.crashes > 0) this.#suspects += 1
    try {
      await this.#attempt(job, worker)
    } catch (error) {
      // Only a fault of Millhand's own comes here: the job stays claimed, and goes back when the worker stops.
      this.#queue.events.emit('loop_error', { loop: 'attempt', error: asError(error) })
    } finally {
      this.#active -= 1
      if (job.crashes > 0) this.#suspects -= 1
      this.#onFree()
    }
  }

  async #attempt(job: ClaimedJob, worker: string): Promise<void> {
    const definition = this.#definition(job.name)
    const attempt = this.#begin(job, worker, definition)
    const outcome = await execute(attempt, definition, new Context(attempt, this.#context))
    attempt.end()
    const durationMs = attempt.elapsedMs
    this.rate.finish(attempt.startedElapsedMs + durationMs)
    this.#running.delete(attempt)
    this.#onFree()
    if (this.#reporter.has(attempt)) await this.#reporter.finish(attempt)
    const settlement = this.#decide(attempt, outcome, definition)
    const settled = attempt.settled ? 'settled' : await this.settler.add(settlement)
    tellOutcome(this.#queue.events, attempt, { settled, settlement, outcome, durationMs })
  }

  /** Gives a claimed job back that was not started. */
  async release(job: ClaimedJob, worker: string): Promise<void> {
    const settlement = settle(job, { kind: 'release' }, this.#policy(worker, job.startedAt))
    if ((await this.settler.add(settlement)) === 'settled') {
      const { id, name, queue, attempt } = job
      this.#queue.events.emit('release', { id, name, queue, worker, attempt })
    }
  }

  /** Gives up on what cannot be written: see `Settler`. */
  abandon(): void {
    this.settler.abandon()
    this.#abandoned.abort()
  }

  interruptAll(reason: Interruption, only: (attempt: Attempt) => boolean = () => true): void {
    for (const attempt of this.#running) if (only(attempt)) attempt.interrupt(reason)
  }

  close(): void {
    this.#reporter.close()
  }

  #definition(name: string): AnyJobDefinition | undefined {
    const { definitions, fallback } = this.#settings
    return definitions.get(name) ?? (fallback && fallbackDefinition(name, fallback))
  }

  #begin(job: ClaimedJob, worker: string, definition: AnyJobDefinition | undefined): Attempt {
    const { clock, events } = this.#queue
    const attempt = new Attempt(job, {
      clock,
      worker,
      timeoutMs: job.timeoutMs ?? definition?.timeoutMs,
      stallTimeoutMs: definition?.stallTimeoutMs,
      abortGraceMs: this.#settings.abortGraceMs,
    })
    this.#running.add(attempt)
    this.rate.start(attempt.startedElapsedMs)
    if (events.has('start')) {
      const { id, name, queue, attempt: number } = job
      const waitedMs = Math.max(0, job.startedAt - job.dueAt)
      events.emit('start', { id, name, queue, worker, attempt: number, waitedMs })
    }
    return attempt
  }

  #decide(attempt: Attempt, outcome: Outcome, definition?: AnyJobDefinition): Settlement {
    return settle(attempt.job, outcome, this.#policy(attempt.worker, attempt.nowMs, definition))
  }

  #policy(worker: string, nowMs: number, definition?: AnyJobDefinition): SettlePolicy {
    return { worker, retry: definition?.retry ?? {}, random: this.#queue.random, nowMs }
  }

  #makeContextParts(door: Queue): ContextParts {
    const { events } = this.#queue
    const transactor = new Transactor({
      queue: this.#queue,
      reporter: this.#reporter,
      definition: (name) => this.#definition(name),
      decide: (attempt, outcome, definition) => this.#decide(attempt, outcome, definition),
    })
    return {
      mark: (attempt) => this.#reporter.mark(attempt),
      onProgress: (attempt, progress) => {
        if (events.has('progress')) events.emit('progress', { ...about(attempt), progress })
      },
      writeCheckpoint: async (attempt, json) => {
        requireSettled(attempt, await this.#reporter.write(attempt, json))
        events.emit('checkpoint', about(attempt))
      },
      transaction: (attempt, body) => transactor.run(attempt, body),
      enqueue: (spec: AnyJobSpec, input: unknown, options: EnqueueOptions) =>
        door.enqueue(spec, input, options),
    }
  }
}

function about({ job, worker }: Attempt) {
  return { id: job.id, name: job.name, queue: job.queue, worker, attempt: job.attempt }
}

/** A definition for a name that has none, around a handler for all names. */
function fallbackDefinition(name: string, run: NonNullable<WorkerSettings['fallback']>): AnyJobDefinition {
  return {
    name,
    input: undefined,
    output: undefined,
    checkpoint: undefined,
    queue: '',
    priority: 0,
    retries: 0,
    timeoutMs: undefined,
    stallTimeoutMs: undefined,
    expiresInMs: undefined,
    retry: {},
    run: run as AnyJobDefinition['run'],
  }
}
