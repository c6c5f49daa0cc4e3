import { jobError } from '../job/errors.ts'
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
  #stopping: Promise<void> | undefined
  #aborted = false
  #stopClosing: () => void = () => {}

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
    if (this.#state === 'new') this.#state = 'stopped'
    if (this.#state === 'stopped') return
    this.#state = 'stopping'
    this.#engine.drain()
    const { clock } = this.#engine.queue
    const timers = [
      clock.timer(timeoutMs, () => this.#abort()),
      // By then every handler has ended or was left behind: a store that cannot be written must not hold the process.
      clock.timer(timeoutMs + this.#engine.settings.abortGraceMs, () => this.#engine.abandon()),
    ]
    if (timeoutMs === 0) this.#abort()
    this.#stopping ??= this.#scope.run(() => this.#drain())
    await this.#stopping.finally(() => {
      for (const timer of timers) timer.cancel()
    })
  }

  /** Opens it for `body` and closes it whatever happens; gives how many jobs were claimed meanwhile. Not one that was started. */
  async openFor(body: () => Promise<void>): Promise<number> {
    if (this.#state === 'started') return 0
    return this.#scope.run(() => this.#openNow(body))
  }

  /** One that is only opened for a while ends it by itself, since it claims no more. */
  #stopAsTold(): void {
    if (this.#state === 'started') void this.stop(this.#engine.settings.stopTimeoutMs).catch(() => {})
  }

  async #begin(): Promise<void> {
    const { queue, settings } = this.#engine
    try {
      await this.#engine.open()
    } catch (error) {
      if (this.#state === 'started') this.#state = 'new'
      throw error
    }
    // Whoever stops it meanwhile waits for this, and closes what was opened.
    if (this.#state !== 'started') return
    // Closed under its feet, it ends too: nothing would ever come any more, and it would keep the process.
    this.#stopClosing = queue.closing.on(() => void this.stop(0).catch(() => {}))
    this.#engine.start()
    queue.events.emit('worker_start', { worker: this.#engine.worker, concurrency: settings.concurrency })
  }

  async #drain(): Promise<void> {
    const engine = this.#engine
    await engine.hurry(this.#starting)
    const { worker } = engine
    await engine.stopClaims()
    // A claim that was under way may have started handlers after the abort.
    if (this.#aborted) this.#abort()
    await engine.settled()
    await engine.close()
    this.#stopClosing()
    this.#state = 'stopped'
    engine.queue.events.emit('worker_stop', { worker })
  }

  #abort(): void {
    this.#aborted = true
    this.#engine.abort()
  }

  async #openNow(body: () => Promise<void>): Promise<number> {
    const engine = this.#engine
    await engine.open()
    await engine.maintainOnce()
    let count = 0
    const stopCounting = engine.queue.events.on('claim', (event) => {
      if (event.worker === engine.worker) count += event.count
    })
    try {
      await body()
    } finally {
      stopCounting()
      await engine.stopClaims()
      await engine.close()
    }
    return count
  }
}
