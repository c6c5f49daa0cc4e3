import { jobError } from '../job/errors.ts'
import type { Progress } from '../job/job.ts'
import { LOG_LINE_CHARACTERS, LOG_LINES_MAX } from '../job/limits.ts'
import { storableText } from '../job/text.ts'
import type { Clock, Timer } from '../kit/clock.ts'
import { adopt, isThenable } from '../kit/thenable.ts'
import type { ClaimedJob, LogLine, Report } from '../store/jobs.ts'
import { type Interruption, interruptionError } from './interruption.ts'

interface AttemptOptions {
  readonly clock: Clock
  readonly worker: string
  /** When the claim was answered, by `clock.elapsed()`; now by default. */
  readonly claimedMs?: number
  readonly timeoutMs: number | undefined
  readonly stallTimeoutMs: number | undefined
  readonly abortGraceMs: number
}

/** One attempt of one job while it runs: its signal, its deadlines, and what it has to tell. */
export class Attempt {
  readonly job: ClaimedJob
  readonly worker: string
  readonly #options: AttemptOptions
  readonly startedElapsedMs: number
  /** From the claim to the begin. */
  readonly begunAfterMs: number
  #controller: AbortController | undefined
  #interruption: Interruption | undefined
  #abandon: ((reason: Interruption) => void) | undefined
  #timers: Timer[] = []
  #stallTimer: Timer | undefined
  #lastSignMs: number
  #progress: Progress | undefined
  #logs: LogLine[] = []
  /** Set when `ctx.transaction` has settled the job: there is nothing left to settle. */
  settled = false
  /** The `ctx.transaction` that is open: it writes what is told meanwhile itself. */
  transaction: Promise<unknown> | undefined
  #over: AbortController | undefined
  #isOver = false
  /** Where it stands in the roster. */
  place = 0
  /** Set when the slot was freed while the handler went on. */
  abandoned = false
  /** Set when the store knows that it has begun. */
  noted: boolean
  /** Set when it is over. */
  ended = false

  constructor(job: ClaimedJob, options: AttemptOptions) {
    this.job = job
    this.worker = options.worker
    this.#options = options
    this.startedElapsedMs = options.clock.elapsed()
    this.begunAfterMs = Math.max(
      0,
      Math.round(this.startedElapsedMs - (options.claimedMs ?? this.startedElapsedMs)),
    )
    this.noted = job.begun
    this.#lastSignMs = this.startedElapsedMs
    if (options.timeoutMs !== undefined) this.#armTimeout(options.timeoutMs)
    if (options.stallTimeoutMs !== undefined) this.#armStall(options.stallTimeoutMs, options.stallTimeoutMs)
  }

  get elapsedMs(): number {
    return this.#options.clock.elapsed() - this.startedElapsedMs
  }

  /** The store's time, reckoned from the claim: the worker's own clock may be wrong. */
  get nowMs(): number {
    return this.begunAtMs + Math.round(this.elapsedMs)
  }

  /** When it began, by the store's time. */
  get begunAtMs(): number {
    return this.job.claimedAt + this.begunAfterMs
  }

  get deadline(): Date | undefined {
    const { timeoutMs } = this.#options
    return timeoutMs === undefined ? undefined : new Date(this.begunAtMs + timeoutMs)
  }

  /** Why it was aborted, if it was. */
  get interruption(): Interruption | undefined {
    return this.#interruption
  }

  /** Made when it is first asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#interruption) this.#controller.abort(this.#interruption)
    }
    return this.#controller.signal
  }

  /** Aborts the handler. The first reason stands. After the grace, the attempt is over without the handler. */
  interrupt(reason: Interruption): void {
    if (this.#interruption) return
    this.#interruption = reason
    this.#controller?.abort(reason)
    this.#timers.push(
      this.#options.clock.timer(this.#options.abortGraceMs, () => {
        this.abandoned = true
        this.#endTransaction()
        this.#abandon?.(reason)
      }),
    )
  }

  /** Waits for the handler, or for a check before it, but no longer than the grace after an abort. */
  run<Value>(work: () => Value | PromiseLike<Value>): Promise<Value> {
    // Aborted before it began: there is nothing to wait for.
    if (this.#interruption) return Promise.reject(this.#interruption)
    return this.#unlessAbandoned(work)
  }

  /** Waits for what comes after the handler, under the same deadlines: a worker that stops takes work that is done. */
  finish<Value>(check: Promise<Value>): Promise<Value> {
    if (this.abandoned) return Promise.reject(this.#interruption)
    return this.#unlessAbandoned(() => check)
  }

  #unlessAbandoned<Value>(work: () => Value | PromiseLike<Value>): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      this.#abandon = reject
      const returned = work()
      // By way of a promise: resolving with a thenable would lock this one to it, and no abort could end the wait.
      if (isThenable(returned)) adopt(returned).then(resolve, reject)
      else resolve(returned)
    })
  }

  /** It is over, however it ended: no deadline may fire for it any more. */
  end(): void {
    this.ended = true
    this.#stallTimer?.cancel()
    for (const timer of this.#timers.splice(0)) timer.cancel()
    this.#endTransaction()
  }

  /** Aborts when nothing counts any more of what the handler may still do: it has ended, or was left behind. */
  get over(): AbortSignal {
    this.#over ??= new AbortController()
    if (this.#isOver) this.#endTransaction()
    return this.#over.signal
  }

  setProgress(progress: Progress): void {
    this.#progress = progress
    this.sign()
  }

  log(level: LogLine['level'], message: string, data: string | null): void {
    this.#logs.push({ at: this.nowMs, level, message: storableText(message, LOG_LINE_CHARACTERS), data })
    if (this.#logs.length > LOG_LINES_MAX) this.#logs.shift()
    this.sign()
  }

  /** A sign of life: the stall deadline starts anew. */
  sign(): void {
    this.#lastSignMs = this.#options.clock.elapsed()
  }

  /** What was told since this was last asked; `undefined` where nothing was. */
  takeReport(): Report | undefined {
    if (this.#progress === undefined && this.#logs.length === 0) return undefined
    const report = {
      ...this.identity,
      ...(this.#progress !== undefined && { progress: this.#progress }),
      ...(this.#logs.length > 0 && { logs: this.#logs }),
    }
    this.#progress = undefined
    this.#logs = []
    return report
  }

  /** What every write of this attempt is fenced with. */
  get identity(): Pick<Report, 'seq' | 'id' | 'worker' | 'epoch'> {
    const { seq, id, epoch } = this.job
    return { seq, id, worker: this.worker, epoch }
  }

  #endTransaction(): void {
    this.#isOver = true
    if (!this.#over) return
    const { id, worker, epoch } = this.identity
    this.#over.abort(this.#interruption ?? jobError('lease_lost', { id, worker, epoch }))
  }

  #armTimeout(timeoutMs: number): void {
    const onTimeout = () => this.interrupt(interruptionError('timed_out', { timeoutMs }))
    this.#timers.push(this.#options.clock.timer(timeoutMs, onTimeout))
  }

  #armStall(stallTimeoutMs: number, delayMs: number): void {
    const look = () => {
      const silentMs = this.#options.clock.elapsed() - this.#lastSignMs
      if (silentMs >= stallTimeoutMs) this.interrupt(interruptionError('stalled', { stallTimeoutMs }))
      else this.#armStall(stallTimeoutMs, stallTimeoutMs - silentMs)
    }
    this.#stallTimer = this.#options.clock.timer(delayMs, look)
  }
}
