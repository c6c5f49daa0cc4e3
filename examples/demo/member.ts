import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { News, Order, Start } from './messages.ts'

const SCRIPT = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** Young objects: with Node's own 16 MB, workers peaked 20 MB higher on 4,000 files, and were no faster (measured). */
const MEMORY = '--max-semi-space-size=8'

/** The end of what it wrote to its standard error: enough for a stack. */
const ERRORS_KEPT = 2_000

/** After this, a worker that was asked to stop is killed. */
const STOP_MS = 8_000

/** One worker process, as the demo sees it. */
export class Member {
  readonly number: number
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>
  done = 0
  state: 'starting' | 'ready' | 'working' | 'held' | 'killed' | 'rescued' | 'stopping' | 'gone' = 'starting'
  /** The end of what it wrote to its standard error. */
  errors = ''
  readonly #child: ChildProcess
  readonly #doing = new Map<string, string>()
  readonly #holding = Promise.withResolvers<string>()

  constructor(start: Start, onNews: (member: Member, news: News) => void) {
    this.number = start.number
    this.#child = fork(SCRIPT, [], {
      execPath: process.execPath,
      execArgv: [...process.execArgv, MEMORY],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.gone = this.#untilGone()
    // Not as an argument, which every user of the machine can read: a password may be in the URL.
    this.tell({ kind: 'start', start })
    this.#child.on('message', (news: News) => {
      this.#note(news)
      onNews(this, news)
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-ERRORS_KEPT)
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Jobs that it is in the middle of. */
  get running(): number {
    return this.#doing.size
  }

  /** The path of the document that it has been at for longest. */
  get doing(): string | undefined {
    const [path] = this.#doing.values()
    return path
  }

  get alive(): boolean {
    return this.state !== 'killed' && this.state !== 'rescued' && this.state !== 'gone'
  }

  tell(order: Order): void {
    // A message to a process that has just died fails, and its end is told anyway.
    if (this.#child.connected) this.#child.send(order, () => {})
  }

  /** Kills it with SIGKILL as soon as it is surely in the middle of a job; gives the document of that job. */
  async killInJob(): Promise<string> {
    this.state = 'held'
    this.tell({ kind: 'hold' })
    const path = await this.#holding.promise
    this.state = 'killed'
    this.#child.kill('SIGKILL')
    await this.gone
    return path
  }

  /** Lets it give back what it is at, and ends it the hard way where that takes too long. */
  async stop(): Promise<void> {
    if (!this.alive) return
    this.state = 'stopping'
    this.tell({ kind: 'stop' })
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    await this.gone
    clearTimeout(timer)
  }

  #note(news: News): void {
    if (news.kind === 'ready' && this.state === 'starting') this.state = 'ready'
    if (news.kind === 'claiming' && this.state === 'ready') this.state = 'working'
    if (news.kind === 'begin') this.#doing.set(news.job, news.path)
    if (news.kind === 'holding') this.#holding.resolve(news.path)
    if (news.kind !== 'end') return
    this.#doing.delete(news.job)
    this.done += 1
  }

  async #untilGone(): Promise<void> {
    await new Promise<void>((resolve) => {
      // Not 'exit': what the process said last is heard before 'close'. One that could not be started never closes.
      this.#child.once('close', () => resolve())
      this.#child.once('error', (error) => {
        this.errors ||= error.message
        if (this.#child.pid === undefined) resolve()
      })
    })
    if (this.state !== 'killed') this.state = 'gone'
  }
}
