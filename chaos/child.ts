import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { siblingModule } from '../src/kit/module.ts'
import { TOLD_TO_EXIT } from './jobs.ts'
import { COULD_NOT_BEGIN, type ProcessOptions, type Word } from './messages.ts'

export type Script = './worker-process' | './client-process'

const NODE_OPTIONS = ['--conditions=millhand-source', '--disable-warning=ExperimentalWarning']
/** Hundreds start in a run: to read the sources anew each time would keep the machine busy with that. */
const COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/chaos', import.meta.url))
/** Of what it wrote to the standard error: enough for the error that it ended with. */
const ERRORS_MAX = 2_000

/** A process of the run, from its start to its end. */
export class Child {
  readonly name: string
  /** Resolves when it has ended: with how, where that was not as it should be. */
  readonly ended: Promise<string | undefined>
  /** Resolves when it has begun to work; never, where it ends before that. */
  readonly begun: Promise<void>
  readonly #process: ChildProcess
  readonly #signals = new Set<NodeJS.Signals>()
  #errors = ''

  constructor(name: string, script: Script, options: ProcessOptions) {
    this.name = name
    this.#process = fork(siblingModule(import.meta.url, script), [JSON.stringify(options)], {
      execArgv: NODE_OPTIONS,
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.stderr?.on('data', (chunk) => {
      this.#errors = `${this.#errors}${chunk}`.slice(-ERRORS_MAX)
    })
    this.begun = new Promise((resolve) => this.#process.once('message', () => resolve()))
    this.ended = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => resolve(this.#misbehaviour(code, signal)))
    })
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  signal(name: NodeJS.Signals): void {
    this.#signals.add(name)
    this.#process.kill(name)
  }

  tell(word: Word): void {
    // Whoever has ended meanwhile does not hear it.
    if (this.#process.connected) this.#process.send(word, () => {})
  }

  #misbehaviour(code: number | null, signal: NodeJS.Signals | null): string | undefined {
    const isExpected =
      signal === null
        ? code === 0 || code === TOLD_TO_EXIT || code === COULD_NOT_BEGIN
        : this.#signals.has(signal)
    return isExpected ? undefined : `ended by itself with ${code ?? signal}: ${this.#errors}`
  }
}
