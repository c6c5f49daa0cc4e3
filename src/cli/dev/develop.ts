import { relative } from 'node:path'
import type { Config } from '../../config/index.ts'
import { systemClock } from '../../kit/clock.ts'
import { openQueue } from '../../queue/open.ts'
import type { Queue } from '../../queue/queue.ts'
import { statsLines } from '../commands/stats.ts'
import { EXIT } from '../exit.ts'
import { live } from '../live.ts'
import { outliveOutput } from '../output.ts'
import { Screen } from '../screen.ts'
import { ofWorker } from '../session.ts'
import { onSignals } from '../signals.ts'
import type { Terminal } from '../terminal.ts'
import { FolderWatch } from './folder-watch.ts'
import { NewestError } from './newest-error.ts'
import { viewLines } from './view.ts'
import { WorkerProcess } from './worker-process.ts'

export interface DevelopOptions {
  readonly terminal: Terminal
  readonly processes: number
  /** Of each worker, besides what this adds. */
  readonly workArguments: readonly string[]
  readonly workEnvironment: Readonly<Record<string, string>>
}

/** Rows of the view that the jobs that run, the failures and the log may take, each. */
const ROWS_MAX = 6

/** Runs worker processes and shows what they do, until it is told to stop. */
export async function develop(config: Config, options: DevelopOptions): Promise<undefined> {
  outliveOutput()
  const queue = await openPatientQueue(config, options.terminal)
  const crew = new DevCrew(options)
  const watch = new FolderWatch(config.folder, (files) => {
    crew.say(`${files.map((file) => relative(config.folder, file)).join(', ')} changed: restarting`)
    crew.restart()
  })
  const ended = new AbortController()
  const ignoreSignals = onSignals((count) => {
    if (count > 2) crew.kill()
    else void crew.stop().then(() => ended.abort())
  })
  crew.say(`on ${config.location}, watching ${config.folder}`)
  crew.start()
  try {
    await showUntil(ended.signal, { queue, crew, terminal: options.terminal, store: config.location })
  } finally {
    ignoreSignals()
    watch.close()
    await crew.stop()
    await queue.close()
  }
  return undefined
}

/** Says what the opening waits for; what happens later is in the view. */
async function openPatientQueue(config: Config, terminal: Terminal): Promise<Queue> {
  let isOpen = false
  const warn = ({ err }: { readonly err?: Error }, message: string) => {
    const text = `${message}: ${err?.message}`
    if (!isOpen) terminal.show({ kind: 'dev', text }, () => text)
  }
  const logger = { debug() {}, info() {}, warn, error() {} }
  const opened = await openQueue(config.store, { ...ofWorker(config), logger })
  isOpen = true
  return opened
}

interface Shown {
  readonly queue: Queue
  readonly crew: DevCrew
  readonly terminal: Terminal
  readonly store: string
}

async function showUntil(signal: AbortSignal, shown: Shown): Promise<void> {
  const { queue, crew, terminal, store } = shown
  if (!terminal.interactive) return live({ queue, signal, show: newestCounts(shown) })
  const screen = new Screen(terminal.stdout)
  const show = async () => {
    const [stats, running, failed] = await Promise.all([
      queue.stats(),
      queue.list({ state: 'running', limit: ROWS_MAX }),
      queue.list({ state: 'failed', limit: ROWS_MAX }),
    ])
    const { processes, log, error } = crew
    screen.draw(
      viewLines({ store, nowMs: systemClock.now(), stats, running, failed, processes, log, error }, terminal),
    )
  }
  await live({ queue, signal, show }).finally(() => screen.close())
}

/** Without a terminal: a line whenever the counts have changed. */
function newestCounts({ queue, terminal }: Shown): () => Promise<void> {
  let last = ''
  return async () => {
    const stats = await queue.stats()
    const line = statsLines(stats, terminal)[0] ?? ''
    if (line !== last) terminal.show({ kind: 'counts', ...stats }, () => line)
    last = line
  }
}

/** The worker processes, and what they and `dev` have to say. */
class DevCrew {
  readonly processes: readonly WorkerProcess[]
  readonly #terminal: Terminal
  readonly #error = new NewestError()
  #log: readonly string[] = []

  constructor({ terminal, processes, workArguments, workEnvironment }: DevelopOptions) {
    this.#terminal = terminal
    const format = terminal.json ? 'json' : 'lines'
    // A restart must not take long; what is aborted by it runs again and has burnt no attempt.
    const all = ['--log-format', format, '--stop-timeout', '2s', ...workArguments]
    this.processes = Array.from({ length: processes }, (_, index) => {
      const number = index + 1
      const onLine = (line: string) => this.#hear(number, line)
      return new WorkerProcess({
        number,
        workArguments: all,
        env: { ...process.env, ...workEnvironment },
        onLine,
        onStatus: (status, text) =>
          this.#tell({ kind: 'worker', worker: number, status, text }, `worker ${number} ${text}`),
      })
    })
  }

  /** The newest error with its stack. */
  get error(): readonly string[] {
    return this.#error.lines
  }

  get log(): readonly string[] {
    return this.#log
  }

  say(text: string): void {
    this.#tell({ kind: 'dev', text }, text)
  }

  start(): void {
    for (const each of this.processes) each.start()
  }

  restart(): void {
    for (const each of this.processes) each.restart()
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.stop()))
  }

  kill(): void {
    for (const each of this.processes) each.kill()
    process.exit(EXIT.interrupted)
  }

  /** On a terminal, a stack has a place of its own: in the log it would leave no room for anything else. */
  #hear(worker: number, line: string): void {
    const isDetail = this.#error.hear(worker, line)
    if (isDetail && this.#terminal.interactive) return
    this.#tell({ kind: 'log', worker, line }, `[${worker}] ${line}`)
  }

  #tell(value: object, line: string): void {
    this.#log = [...this.#log, line].slice(-ROWS_MAX)
    if (!this.#terminal.interactive) this.#terminal.show(value, () => line)
  }
}
