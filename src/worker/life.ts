import { jobError } from '../job/errors.ts'
import { unlessAborted } from '../kit/abort.ts'
import { Scope } from '../kit/scope.ts'
import type { Engine } from './engine.ts'

/**
 * The life of a worker: new, started, stopping, stopped, and never back, but for a start that failed. Beside that, one that is
 * not started may be opened for a while (`openFor`).
 */
export class Life {
  readonly #engine: Engine
  readonly #scope = new Scope()
  #state: 'new' | 'started' | 'stopping' | 'stopped' = 'new'
  #starting: Promise<void> = Promise.resolve()
  /** What it is opened for. */
  #opened: Promise<unknown> | undefined
  #stopping: Promise<void> | undefined
  /** Aborts when it is to stop: what only waits until it can begin ends at once. */
  readonly #stopped = new AbortController()
  #aborted = false
  /** From the first claim on: there is a start to tell the end of, and a queue that may be closed under its feet. */
  #stopClosing: (() => void) | undefined

  constructor(engine: Engine) {
    this.#engine = engine
    engine.onStopOrder(() => this.#stopAsTold())
  }

  /** Resolves when it claims. @throws MillhandError `worker_stopped`, also when that came first */
  start(): Promise<void> {
    if (this.#state === 'new') {
      this.#state = 'started'
      this.#starting = this.#scope.run(() => this.#begin())
    }
    return this.#state === 'started' ? this.#starting : Promise.reject(jobError('worker_stopped', {}))
  }

  /** Resolves when everything has ended. Called again with a shorter time, it is hurried. */
  async stop(timeoutMs: number): Promise<void> {
    if (this.#state === 'new' && !this.#opened) this.#state = 'stopped'
    if (this.#state === 'stopped') return
    this.#state = 'stopping'
    this.#stopped.abort(jobError('worker_stopped', {}))
    this.#engine.drain()
    const { clock } = this.#engine.queue
    const timers = [
      clock.timer(timeoutMs, () => this.#abort()),
      // By then every handler has ended or was left behind: a store that cannot be written must not hold the process.
      clock.timer(timeoutMs + this.#engine.settings.abortGraceMs, () => this.#engine.abandon()),
    ]
    if (timeoutMs === 0) this.#abort()
    this.#stopping ??= this.#scope.run(() => this.#end())
    await this.#stopping.finally(() => {
      for (const timer of timers) timer.cancel()
    })
  }

  /**
   * Opens it for `body`, and when what was begun meanwhile has ended closes it, whatever happens; gives how many jobs were
   * claimed. Not one that was started. What `body` is given aborts with `signal`, and when the worker is to stop.
   *
   * @throws MillhandError `worker_stopped`
   */
  async openFor(body: (ending: AbortSignal) => Promise<void>, signal?: AbortSignal): Promise<number> {
    if (this.#state === 'started') return 0
    this.#stopped.signal.throwIfAborted()
    const ending = signal ? AbortSignal.any([signal, this.#stopped.signal]) : this.#stopped.signal
    const opened = this.#scope.run(() => this.#openNow(body, ending))
    this.#opened = opened
    try {
      return await opened
    } finally {
      this.#opened = undefined
    }
  }

  /** One that is only opened for a while ends it by itself, since it claims no more. */
  #stopAsTold(): void {
    if (this.#state === 'started') void this.stop(this.#engine.settings.stopTimeoutMs).catch(() => {})
  }

  async #begin(): Promise<void> {
    const { queue, settings } = this.#engine
    try {
      await this.#engine.open(this.#stopped.signal)
    } catch (error) {
      if (this.#state === 'started') this.#state = 'new'
      else this.#stopped.signal.throwIfAborted()
      throw error
    }
    // Whoever stops it meanwhile waits for this, and closes what was opened.
    this.#stopped.signal.throwIfAborted()
    // Closed under its feet, it ends too: nothing would ever come any more, and it would keep the process.
    this.#stopClosing = queue.closing.on(() => void this.stop(0).catch(() => {}))
    this.#engine.start()
    queue.events.emit('worker_start', { worker: this.#engine.worker, concurrency: settings.concurrency })
  }

  async #end(): Promise<void> {
    const { queue } = this.#engine
    await Promise.allSettled([this.#starting, this.#opened])
    const { worker } = this.#engine
    await this.#drain()
    this.#state = 'stopped'
    if (!this.#stopClosing) return
    this.#stopClosing()
    queue.events.emit('worker_stop', { worker })
  }

  /** Claims no more, and closes it when what was begun has ended. */
  async #drain(): Promise<void> {
    const engine = this.#engine
    try {
      await engine.stopClaims()
      // A claim that was under way may have started handlers after the abort.
      if (this.#aborted) this.#abort()
      await engine.settled()
    } finally {
      await engine.close()
    }
  }

  #abort(): void {
    this.#aborted = true
    this.#engine.abort()
  }

  async #openNow(body: (ending: AbortSignal) => Promise<void>, ending: AbortSignal): Promise<number> {
    const engine = this.#engine
    engine.hurry()
    let count = 0
    const stopCounting = engine.queue.events.on('claim', (event) => {
      if (event.worker === engine.worker) count += event.count
    })
    try {
      if (await this.#opens(ending)) await body(ending)
    } finally {
      await this.#drain()
      stopCounting()
    }
    return count
  }

  /** Whether it is open, and has taken its turn at the maintenance, before it is to end. */
  async #opens(ending: AbortSignal): Promise<boolean> {
    try {
      await this.#engine.open(ending)
      await unlessAborted(this.#engine.maintainOnce(), ending)
    } catch (error) {
      if (!ending.aborted) throw error
    }
    return !ending.aborted
  }
}
