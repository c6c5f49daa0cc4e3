import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemClock, type Timer } from '../../kit/clock.ts'
import { deferred } from '../../kit/deferred.ts'
import { siblingModule } from '../../kit/module.ts'
import { EXIT } from '../exit.ts'

/** `broken`: it cannot start as things are, and is tried again when a file changes. */
export type ProcessStatus = 'starting' | 'ready' | 'stopping' | 'crashed' | 'broken' | 'stopped'

interface ProcessOptions {
  /** Its number on the screen, from 1. */
  readonly number: number
  /** Of `millhand work`. */
  readonly workArguments: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly onLine: (line: string) => void
  readonly onStatus: (status: ProcessStatus, text: string) => void
}

/** After a crash: half a second, doubled up to ten; a process that held out for ten seconds starts anew. */
const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 10_000
/** A process that was told to stop and has not is ended: it gives its handlers 2 s, and 5 s to end when aborted. */
const KILL_AFTER_MS = 10_000

/** One `millhand work` as a child process: restarted on demand, and by itself when it crashes. */
export class WorkerProcess {
  readonly number: number
  readonly #options: ProcessOptions
  #child: ChildProcess | undefined
  #status: ProcessStatus = 'stopped'
  /** What is to follow when it has ended. */
  #then: 'restart' | 'stop' | undefined
  #crashes = 0
  #timer: Timer | undefined
  #ended = deferred<void>()

  constructor(options: ProcessOptions) {
    this.number = options.number
    this.#options = options
  }

  get status(): ProcessStatus {
    return this.#status
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    this.#timer?.cancel()
    const startedAtMs = systemClock.elapsed()
    const child = fork(
      fileURLToPath(siblingModule(import.meta.url, '../main')),
      ['work', ...this.#options.workArguments],
      {
        env: this.#options.env,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // A group of its own: Ctrl-C reaches this process alone, which then stops the workers in order.
        detached: true,
      },
    )
    this.#child = child
    this.#become('starting', `starts as process ${child.pid}`)
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', this.#options.onLine)
    }
    child.once('message', () => this.#then === undefined && this.#become('ready', 'is ready'))
    child.once('exit', (code, signal) => this.#onEnd(code, signal, systemClock.elapsed() - startedAtMs))
  }

  /** Stops it gracefully and starts it again; one that waits to be tried again starts now. */
  restart(): void {
    this.#crashes = 0
    if (this.#child === undefined) this.start()
    // One that is stopping already comes back with the change; a second signal would only abort its jobs.
    else if (this.#then === undefined) {
      this.#then = 'restart'
      this.#end()
    }
  }

  /** Stops it for good; asked again, it aborts what runs. Resolves when the process has ended. */
  async stop(): Promise<void> {
    if (this.#status === 'stopped') return
    this.#then = 'stop'
    this.#timer?.cancel()
    if (this.#child === undefined) return this.#become('stopped', 'has stopped')
    this.#end()
    await this.#ended.promise
  }

  /** Ends it at once; its jobs run again when the lease has lapsed. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  #end(): void {
    this.#become('stopping', 'stops')
    this.#child?.kill('SIGTERM')
    this.#timer?.cancel()
    this.#timer = systemClock.timer(KILL_AFTER_MS, () => this.kill())
  }

  #onEnd(code: number | null, signal: NodeJS.Signals | null, aliveMs: number): void {
    this.#timer?.cancel()
    this.#child = undefined
    const next = this.#then
    this.#then = undefined
    if (next === 'restart') this.start()
    else if (next === 'stop') {
      this.#become('stopped', 'has stopped')
      this.#ended.resolve()
    } else this.#onCrash(code, code === null ? `was ended by ${signal}` : `ended with code ${code}`, aliveMs)
  }

  #onCrash(code: number | null, how: string, aliveMs: number): void {
    if (code === EXIT.usage) {
      this.#become('broken', `${how}; it starts again when a file changes`)
      return
    }
    this.#crashes = aliveMs > LONGEST_BACKOFF_MS ? 1 : this.#crashes + 1
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (this.#crashes - 1), LONGEST_BACKOFF_MS)
    this.#become('crashed', `${how}; it starts again in ${backoffMs} ms`)
    this.#timer = systemClock.timer(backoffMs, () => this.start())
  }

  #become(status: ProcessStatus, text: string): void {
    this.#status = status
    this.#options.onStatus(status, text)
  }
}
