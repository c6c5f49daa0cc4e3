import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/kit/clock.ts'
import { type Deferred, deferred } from '../../src/kit/deferred.ts'

/** Anything that a child process tells its test. */
export interface Told {
  readonly kind: string
}

/** How a child process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

interface Waiting<Message extends Told> {
  readonly fits: (message: Message) => boolean
  readonly found: Deferred<Message>
}

/**
 * Longest that anything may take that a test waits for. Not how long it takes: a test that comes to this has failed,
 * however busy the machine is.
 */
export const BOUND_MS = 500_000

/** Reading the sources anew for each of a hundred processes takes longer than the tests themselves. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/millhand-processes', import.meta.url))

const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning', '--conditions=millhand-source']

/** A real process that a test started: the test hears it, speaks to it and signals it, and removes it in the end. */
export class Child<Message extends Told> {
  readonly exited: Promise<Exit>
  readonly #process: ChildProcess
  readonly #heard: Message[] = []
  readonly #unread: Message[] = []
  #waiting: Waiting<Message>[] = []
  #errors = ''

  /** Starts a script of test/processes; `options` is what it finds in `process.argv[2]`, as JSON. */
  constructor(script: string, options: object) {
    const file = fileURLToPath(new URL(`../processes/${script}`, import.meta.url))
    this.#process = fork(file, [JSON.stringify(options)], {
      execPath: process.execPath,
      execArgv: NODE_OPTIONS,
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.on('message', (message) => this.#hear(message as Message))
    this.#process.stderr?.on('data', (chunk) => {
      this.#errors += chunk
    })
    const ended = deferred<Exit>()
    // Not 'exit': what the process said last is heard before 'close'.
    this.#process.on('close', (code, signal) => this.#end(ended, { code, signal }))
    this.exited = ended.promise
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('the process did not start')
    return this.#process.pid
  }

  /** Everything of one kind that it has told so far. */
  all<Kind extends Message['kind']>(kind: Kind): Extract<Message, { kind: Kind }>[] {
    return this.#heard.filter((message) => message.kind === kind) as Extract<Message, { kind: Kind }>[]
  }

  /** The next message of this kind that fits and that no call has given before: told already, or waited for. */
  next<Kind extends Message['kind']>(
    kind: Kind,
    fits: (message: Extract<Message, { kind: Kind }>) => boolean = () => true,
    boundMs = BOUND_MS,
  ): Promise<Extract<Message, { kind: Kind }>> {
    type Wanted = Extract<Message, { kind: Kind }>
    const isWanted = (message: Message) => message.kind === kind && fits(message as Wanted)
    const index = this.#unread.findIndex(isWanted)
    if (index >= 0) return Promise.resolve(this.#unread.splice(index, 1)[0] as Wanted)
    const found = deferred<Message>()
    this.#waiting.push({ fits: isWanted, found })
    return within(
      found.promise,
      boundMs,
      () => `'${kind}' of process ${this.pid}: ${this.#story()}`,
    ) as Promise<Wanted>
  }

  say(message: Serializable): void {
    // Whoever has ended meanwhile does not hear it, which is no error of the test.
    this.#process.send(message, () => {})
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  /** Sends the signal and waits for the end that it brings. */
  async end(name: NodeJS.Signals): Promise<Exit> {
    this.signal(name)
    return within(this.exited, BOUND_MS, () => `the end of process ${this.pid}: ${this.#story()}`)
  }

  /** Ends it whatever it does; SIGKILL ends a stopped process, too. Harmless where it has ended by itself. */
  async remove(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.exited
  }

  #hear(message: Message): void {
    this.#heard.push(message)
    const index = this.#waiting.findIndex(({ fits }) => fits(message))
    if (index < 0) this.#unread.push(message)
    else this.#waiting.splice(index, 1)[0]?.found.resolve(message)
  }

  #end(ended: Deferred<Exit>, exit: Exit): void {
    ended.resolve(exit)
    const error = new Error(
      `the process ended (${exit.code ?? exit.signal}) before it told: ${this.#story()}`,
    )
    for (const { found } of this.#waiting.splice(0)) found.reject(error)
  }

  /** What it told, for the message of a test that waited in vain. */
  #story(): string {
    const kinds = new Map<string, number>()
    for (const { kind } of this.#heard) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    const told = [...kinds].map(([kind, count]) => (count > 1 ? `${kind} × ${count}` : kind)).join(', ')
    return `it told ${told || 'nothing'}${this.#errors && `, and wrote ${this.#errors}`}`
  }
}

/** The value of the promise, or an error that says what was waited for in vain. */
export async function within<Value>(
  promise: Promise<Value>,
  boundMs: number,
  what: () => string,
): Promise<Value> {
  const late = deferred<never>()
  const timer = systemClock.timer(boundMs, () =>
    late.reject(new Error(`no sign for ${boundMs} ms of ${what()}`)),
  )
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    timer.cancel()
  }
}
