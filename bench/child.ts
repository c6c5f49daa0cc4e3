import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from './measure.ts'

/** What the processes of the benchmarks tell one another. */
export interface Message {
  readonly kind: string
}

/** How a process starts; `flags` are of Node itself. */
interface Start {
  readonly values?: readonly string[]
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Longest wait for an answer: a process that hangs ends the run instead of hanging it. */
const ANSWER_MS = 300_000

const PROGRAMS = new URL('./processes/', import.meta.url)

/** A process that runs a program of `bench/processes`, or the one at a URL, and is ended with its scope. */
export class Child {
  readonly #process: ChildProcess
  readonly #program: string
  readonly #received: Message[] = []
  readonly #kill = () => this.#process.kill('SIGKILL')
  #awaiting: (() => void) | undefined

  constructor(program: string, { values = [], flags = [], env = {} }: Start = {}) {
    this.#program = program
    this.#process = fork(fileURLToPath(new URL(program, PROGRAMS)), values, {
      execArgv: [...process.execArgv, ...flags],
      env: { ...process.env, ...env },
      serialization: 'advanced',
      // The standard output belongs to the figures.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#process.on('message', (message: Message | string) => {
      // `millhand work` says a word.
      this.#received.push(typeof message === 'string' ? { kind: message } : message)
      this.#awaiting?.()
    })
    this.#process.on('exit', () => {
      process.off('exit', this.#kill)
      this.#awaiting?.()
    })
    // An interrupt leaves the scope without disposing of it. First of all: what it writes to is removed next.
    process.prependOnceListener('exit', this.#kill)
  }

  send(kind: string, facts: object = {}): void {
    this.#process.send({ ...facts, kind })
  }

  /** The next message of this kind, be it here already or still to come. */
  async receive<Answer extends Message>(kind: Answer['kind']): Promise<Answer> {
    for (;;) {
      const index = this.#received.findIndex((message) => message.kind === kind)
      if (index >= 0) return this.#received.splice(index, 1)[0] as Answer
      if (this.#process.exitCode !== null) throw new Error(`${this.#program} ended without '${kind}'`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#awaiting = resolve
      await within(ANSWER_MS, `'${kind}' of ${this.#program}`, promise)
    }
  }

  /** Tells it to stop, and waits until it has. */
  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.send('stop')
    await within(ANSWER_MS, `the end of ${this.#program}`, exit)
  }

  [Symbol.dispose](): void {
    this.#kill()
  }
}
