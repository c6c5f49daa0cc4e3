import { TransientError } from '../src/store/errors.ts'
import { rolesOf } from '../src/store/roles.ts'
import type { Store, StoreTransaction } from '../src/store/store.ts'
import {
  type Asked,
  type Call,
  executedBy,
  type Gatekeeper,
  type OpenTransaction,
  type Ruling,
  type Verdict,
  type Work,
} from './call.ts'
import type { Connection } from './database.ts'
import { never, Turn } from './turn.ts'

/** The store of one process, behind a gate: each call waits for the scheduler, and may fare as it does in the world. */
export class Gate {
  readonly process: string
  /** Calls that wait, in the order in which they came. */
  waiting: Call[] = []
  readonly #keeper: Gatekeeper
  readonly #crashed = new AbortController()
  /** To the store that is open now: another one after a restart. */
  connection: Connection
  readonly #ears = new Set<() => void>()
  readonly #turns = new WeakMap<object, Turn>()

  constructor(process: string, connection: Connection, keeper: Gatekeeper) {
    this.process = process
    this.connection = connection
    this.#keeper = keeper
  }

  get raw(): Store {
    return this.connection.store
  }

  get listens(): boolean {
    return this.#ears.size > 0
  }

  get dead(): boolean {
    return this.#crashed.signal.aborted
  }

  /** Whoever waits for a notice hears one. */
  notify(): void {
    for (const ear of [...this.#ears]) ear()
  }

  /** Nothing that was asked is answered any more; a transaction that is open is rolled back, as its connection breaks. */
  crash(): void {
    this.waiting = []
    this.#ears.clear()
    this.#crashed.abort(new Error('the process crashed'))
  }

  /** The store as the process sees it. Every role is wrapped whatever verbs it has: a new one is covered by itself. */
  wrapped(): Store {
    const { raw } = this
    return {
      ...raw,
      ...Object.fromEntries(rolesOf(raw).map(([name, role]) => [name, this.#role(name, role)])),
      capabilities: { ...raw.capabilities, beatThread: null },
      now: () => this.#pass({ verb: 'now', values: [] }, () => this.raw.now()),
      transaction: (body, options) => this.#transaction(body, options?.signal),
      insertIn: (handle, ...values) =>
        this.#pass({ verb: 'tx.insert', values, within: this.#turns.get(handle) }, () =>
          this.raw.insertIn(handle, ...values),
        ),
      insideTransaction: () => this.raw.insideTransaction(),
      listen: (_kind, onNotice) => {
        if (!this.connection.isDeaf) this.#ears.add(onNotice)
        return () => void this.#ears.delete(onNotice)
      },
      close: () => this.raw.close(),
    }
  }

  /** A handler's own write in the transaction that it was given. */
  async write(tx: object): Promise<void> {
    const write = async () => this.connection.write?.(tx)
    await this.#pass({ verb: 'tx.write', values: [], within: this.#turns.get(tx) }, write)
  }

  #role(name: string, role: object): object {
    const verbs = Object.keys(role).map((verb) => {
      const call = (...values: unknown[]) =>
        this.#pass({ verb: `${name}.${verb}`, values }, () => callOf(this.raw, name, verb)(...values))
      return [verb, call]
    })
    return Object.fromEntries(verbs)
  }

  async #transaction<Result>(
    body: (tx: StoreTransaction) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const ends = signal ? AbortSignal.any([signal, this.#crashed.signal]) : this.#crashed.signal
    const turn = new Turn(this.process, this.#keeper)
    // What is rolled back keeps the store at work until it is.
    ends.addEventListener('abort', () => turn.back(), { once: true })
    const run = () =>
      this.raw.transaction((tx) => this.#body(body, tx, turn), { signal: ends }).finally(() => turn.end())
    return this.#pass({ verb: 'transaction', values: turn.values, turn }, run, signal)
  }

  async #body<Result>(
    body: (tx: StoreTransaction) => Promise<Result>,
    tx: StoreTransaction,
    turn: Turn,
  ): Promise<Result> {
    this.#turns.set(tx.handle, turn)
    turn.begin()
    try {
      const result = await body(this.#inside(tx, turn))
      await this.#pass({ verb: 'tx.commit', values: [], within: turn }, async () => {})
      return result
    } finally {
      turn.back()
    }
  }

  #inside(tx: StoreTransaction, within: Turn): StoreTransaction {
    return {
      handle: tx.handle,
      insert: (...values) => this.#pass({ verb: 'tx.insert', values, within }, () => tx.insert(...values)),
      settle: (...values) => this.#pass({ verb: 'tx.settle', values, within }, () => tx.settle(...values)),
      report: (...values) => this.#pass({ verb: 'tx.report', values, within }, () => tx.report(...values)),
    }
  }

  async #pass<Result>(asked: Asked, run: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const { verdict, answersBefore } = await this.#verdict(asked, signal)
    const { line } = this.connection
    if (verdict === 'lose the answer' && line) return this.#losing(asked, run, answersBefore)
    if (verdict === 'refuse as away') throw new TransientError('the database is away', { away: true })
    if (verdict === 'refuse as locked') throw new TransientError('the database is locked', { locked: true })
    const result = await this.#run(asked, run)
    if (verdict === 'crash after') this.#keeper.onCrash(this)
    if (this.dead) return never()
    if (verdict === 'lose the answer') throw new TransientError('the answer was lost', { away: true })
    return result
  }

  /** Runs it while the line may break: it may have been carried out whether or not it fails, and be tried again beneath. */
  async #losing<Result>(asked: Asked, run: () => Promise<Result>, answersBefore: number): Promise<Result> {
    const { line } = this.connection
    line?.loseAnswer(answersBefore)
    try {
      return await this.#run(asked, run)
    } finally {
      line?.arrive()
    }
  }

  async #run<Result>(asked: Asked, run: () => Promise<Result>): Promise<Result> {
    const { verb, values, within, turn } = asked
    const { line } = this.connection
    const lostBefore = line?.lost
    const work: Work = turn ?? { process: this.process, verb, values, isSeen: false }
    this.#keeper.underWay.add(work)
    try {
      const result = await run()
      this.#tell(work, { result, within, isDoubtful: line?.lost !== lostBefore })
      return this.dead ? never() : result
    } catch (error) {
      // The line may have broken after it was carried out, for this call or for another one.
      if (line && !within) this.#tell(work, { result: undefined, within, isDoubtful: true })
      if (this.dead) return never()
      this.#keeper.onFailed(this.process, asked.verb, error)
      throw error
    } finally {
      this.#keeper.underWay.delete(work)
    }
  }

  /** What is done inside of a transaction counts when it has committed. */
  #tell(work: Work, { result, within, isDoubtful }: Answered): void {
    const executed = executedBy(work, result, isDoubtful || work.isSeen)
    if (within) within.values.push(executed)
    else this.#keeper.onExecuted(executed)
  }

  #verdict({ verb, values, within }: Asked, signal: AbortSignal | undefined): Promise<Ruling> {
    if (this.dead) return never()
    return new Promise((resolve, reject) => {
      const decide = (verdict: Verdict) => {
        signal?.removeEventListener('abort', onAbort)
        if (this.#leave(call)) resolve({ verdict, answersBefore: call.answersBefore })
      }
      const call: Call = { gate: this, verb, values, within, notBeforeMs: 0, answersBefore: 0, decide }
      const onAbort = () => {
        if (this.#leave(call)) reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.waiting.push(call)
      this.#keeper.onAsked(call)
    })
  }

  #leave(call: Call): boolean {
    const place = this.waiting.indexOf(call)
    if (place >= 0) this.waiting.splice(place, 1)
    return place >= 0
  }
}

interface Answered {
  readonly result: unknown
  readonly within: OpenTransaction | undefined
  readonly isDoubtful: boolean
}

function callOf(store: Store, role: string, verb: string): (...values: unknown[]) => Promise<unknown> {
  const found = (store as unknown as Record<string, Record<string, unknown>>)[role]?.[verb]
  return found as (...values: unknown[]) => Promise<unknown>
}
