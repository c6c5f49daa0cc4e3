import { jobError } from '../job/errors.ts'
import { LOG_LINE_CHARACTERS } from '../job/limits.ts'
import type { Progress } from '../job/progress.ts'
import { storableText } from '../job/text.ts'
import type { Clock, Timer } from '../kit/clock.ts'
import { follow, isThenable } from '../kit/thenable.ts'
import type { ClaimedJob, LogLine, Report } from '../store/jobs.ts'
import { Deadlines, timeLeft } from './deadlines.ts'
import type { Interruption } from './interruption.ts'
import { News } from './news.ts'

interface AttemptOptions {
  readonly clock: Clock
  readonly worker: string
  /** When it begins, and when the claim was answered, by `clock.elapsed()`; now by default. */
  readonly startedMs?: number
  readonly claimedMs?: number
  /** What the job or its definition says; the deadline of the job may come first. */
  readonly timeoutMs: number | undefined
  readonly stallTimeoutMs: number | undefined
  /** Which of these were given without a unit, and are shorter than anybody means. */
  readonly bare?: readonly string[]
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
  #graceTimer: Timer | undefined
  readonly #deadlines: Deadlines | undefined
  #news: News | undefined
  #settled = false
  #transaction: Promise<unknown> | undefined
  #over: AbortController | undefined
  #isOver = false
  #place = 0
  #abandoned = false
  #noted: boolean
  #endedAfterMs: number | undefined

  constructor(job: ClaimedJob, options: AttemptOptions) {
    this.job = job
    this.worker = options.worker
    this.#options = options
    const { clock, startedMs = clock.elapsed(), claimedMs = startedMs } = options
    this.startedElapsedMs = startedMs
    this.begunAfterMs = Math.max(0, Math.round(startedMs - claimedMs))
    this.#noted = job.begun
    const { timeoutMs, stallTimeoutMs, bare = [] } = options
    if (timeoutMs !== undefined || stallTimeoutMs !== undefined || job.deadlineAt !== null) {
      const given = { stallTimeoutMs, bare, onPassed: (reason: Interruption) => this.interrupt(reason) }
      this.#deadlines = new Deadlines(clock, { ...timeLeft(job, timeoutMs, this.begunAtMs), ...given })
    }
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
    const timeoutMs = this.#deadlines?.timeoutMs
    return timeoutMs === undefined ? undefined : new Date(this.begunAtMs + timeoutMs)
  }

  /** Why it was aborted, if it was. */
  get interruption(): Interruption | undefined {
    return this.#interruption
  }

  /** Whether `ctx.transaction` has settled the job: there is nothing left to settle. */
  get settled(): boolean {
    return this.#settled
  }

  /** The `ctx.transaction` that is open: it writes what is told meanwhile itself. */
  get transaction(): Promise<unknown> | undefined {
    return this.#transaction
  }

  /** Whether the slot was freed while the handler went on. */
  get abandoned(): boolean {
    return this.#abandoned
  }

  /** Whether the store knows that it has begun, or is about to be told. */
  get noted(): boolean {
    return this.#noted
  }

  get ended(): boolean {
    return this.#endedAfterMs !== undefined
  }

  /** When it ended, by the store's time; now where it has not. */
  get endedAtMs(): number {
    return this.begunAtMs + Math.round(this.#endedAfterMs ?? this.elapsedMs)
  }

  /** Where it stands in the roster. */
  get place(): number {
    return this.#place
  }

  moveTo(place: number): void {
    this.#place = place
  }

  /** The store is told that it has begun. */
  note(): void {
    this.#noted = true
  }

  /** The job is settled by a transaction of its own. */
  settle(): void {
    this.#settled = true
  }

  /** Its transaction is open until `running` has ended. */
  enter<Output>(running: Promise<Output>): Promise<Output> {
    const open = running.finally(() => {
      this.#transaction = undefined
    })
    // A handler that forgot it and has ended otherwise hears of it no more; nobody else has to.
    open.catch(() => {})
    this.#transaction = open
    return open
  }

  /** Made when it is first asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#interruption) this.#controller.abort(this.#interruption)
    }
    return this.#controller.signal
  }

  /** Aborts the handler, while there is one. The first reason stands. After the grace, the attempt is over without the handler. */
  interrupt(reason: Interruption): void {
    if (this.#interruption || this.ended) return
    this.#interruption = reason
    this.#controller?.abort(reason)
    this.#graceTimer = this.#options.clock.timer(this.#options.abortGraceMs, () => {
      this.#abandoned = true
      this.#endTransaction()
      this.#abandon?.(reason)
    })
  }

  /** Waits for the handler, or for a check before it, but no longer than the grace after an abort. */
  run<Value>(work: () => Value | PromiseLike<Value>): Promise<Value> {
    // Aborted before it began: there is nothing to wait for.
    if (this.#interruption) return Promise.reject(this.#interruption)
    return this.#unlessAbandoned(work)
  }

  /** Waits for what comes after the handler, under the same deadlines: a worker that stops takes work that is done. */
  finish<Value>(check: Promise<Value>): Promise<Value> {
    if (this.#abandoned) return Promise.reject(this.#interruption)
    return this.#unlessAbandoned(() => check)
  }

  #unlessAbandoned<Value>(work: () => Value | PromiseLike<Value>): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      this.#abandon = reject
      const returned = work()
      // By way of a promise: resolving with a thenable would lock this one to it, and no abort could end the wait.
      if (isThenable(returned)) follow(returned, resolve, reject)
      else resolve(returned)
    })
  }

  /** It is over, however it ended: no deadline may fire for it any more. */
  end(afterMs: number = this.elapsedMs): void {
    this.#endedAfterMs = afterMs
    this.#deadlines?.end()
    this.#graceTimer?.cancel()
    this.#endTransaction()
  }

  /** Aborts when nothing counts any more of what the handler may still do: it has ended, or was left behind. */
  get over(): AbortSignal {
    this.#over ??= new AbortController()
    if (this.#isOver) this.#endTransaction()
    return this.#over.signal
  }

  setProgress(progress: Progress): void {
    this.#told.setProgress(progress)
    this.sign()
  }

  log(level: LogLine['level'], message: string, data: string | null): void {
    const shown = storableText(message, LOG_LINE_CHARACTERS)
    this.#told.log({ at: this.nowMs, level, message: shown, data })
    this.sign()
  }

  /** A sign of life: the stall deadline starts anew. */
  sign(): void {
    this.#deadlines?.sign()
  }

  rest(resting: boolean): void {
    this.#deadlines?.rest(resting)
  }

  /** What was told since this was last asked; `undefined` where nothing was. */
  takeReport(): Report | undefined {
    const told = this.#news?.take()
    return told && { ...this.identity, ...told }
  }

  /** Made when it is first asked for: most handlers tell nothing. */
  get #told(): News {
    this.#news ??= new News()
    return this.#news
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
}
