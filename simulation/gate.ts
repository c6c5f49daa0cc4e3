import { TransientError } from '../src/store/errors.ts'
import type { Store, StoreTransaction } from '../src/store/store.ts'

/** What the scheduler decides of a call that waits. */
export type Verdict = 'run' | 'lose the answer' | 'crash after' | 'refuse as away' | 'refuse as locked'

/** A call that waits until the scheduler lets it through. */
export interface Call {
  readonly gate: Gate
  /** `jobs.claim`, `transaction`, `tx.settle`. */
  readonly verb: string
  readonly values: readonly unknown[]
  /** Made inside a transaction that is open, so that it need not wait for the end of it. */
  readonly inner: boolean
  /** By the time of the world: it is held up until then. */
  notBeforeMs: number
  readonly decide: (verdict: Verdict) => void
}

type Asked = Pick<Call, 'verb' | 'values'> & Partial<Pick<Call, 'inner'>>

/** A call that the store has answered, whether or not whoever made it hears of it. */
export interface Executed {
  readonly process: string
  readonly verb: string
  readonly values: readonly unknown[]
  readonly result: unknown
  /** What a transaction did that has committed. */
  readonly parts: readonly Executed[]
}

/** The side of the world that a gate talks to. */
export interface Gatekeeper {
  /** Calls that the store works on at this moment. */
  working: number
  /** Whose transaction is open: one at a time, as both stores have it. */
  open: Gate | undefined
  onAsked(call: Call): void
  onExecuted(executed: Executed): void
  onFailed(process: string, verb: string, error: unknown): void
  onCrash(gate: Gate): void
}

/** The store of one process, behind a gate: each call waits for the scheduler, and may fare as it does in the world. */
export class Gate {
  readonly process: string
  /** Calls that wait, in the order in which they came. */
  waiting: Call[] = []
  readonly #keeper: Gatekeeper
  readonly #crashed = new AbortController()
  /** The store that is open now: another one after a restart. */
  raw: Store
  readonly #ears = new Set<() => void>()
  #parts: Executed[] = []

  constructor(process: string, raw: Store, keeper: Gatekeeper) {
    this.process = process
    this.raw = raw
    this.#keeper = keeper
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
    const roles = Object.entries(raw).filter(([, role]) => isRole(role))
    return {
      ...raw,
      ...Object.fromEntries(roles.map(([name, role]) => [name, this.#role(name, role)])),
      capabilities: { ...raw.capabilities, beatThread: null },
      now: () => this.#pass({ verb: 'now', values: [] }, () => this.raw.now()),
      transaction: (body, options) => this.#transaction(body, options?.signal),
      insertIn: (...given) =>
        this.#pass({ verb: 'tx.insert', values: given.slice(1), inner: true }, () =>
          this.raw.insertIn(...given),
        ),
      insideTransaction: () => this.raw.insideTransaction(),
      listen: (_kind, onNotice) => {
        this.#ears.add(onNotice)
        return () => void this.#ears.delete(onNotice)
      },
      close: () => this.raw.close(),
    }
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
    const turn = new Turn(this.#keeper)
    const run = () =>
      this.raw.transaction((tx) => this.#body(body, tx, turn), { signal: ends }).finally(() => turn.back())
    return this.#pass({ verb: 'transaction', values: [] }, run, signal)
  }

  async #body<Result>(
    body: (tx: StoreTransaction) => Promise<Result>,
    tx: StoreTransaction,
    turn: Turn,
  ): Promise<Result> {
    this.#keeper.open = this
    this.#parts = []
    turn.leave()
    try {
      const result = await body(this.#inside(tx))
      await this.#pass({ verb: 'tx.commit', values: [], inner: true }, async () => {})
      return result
    } finally {
      turn.back()
    }
  }

  #inside(tx: StoreTransaction): StoreTransaction {
    const inner = true
    return {
      handle: tx.handle,
      insert: (...values) => this.#pass({ verb: 'tx.insert', values, inner }, () => tx.insert(...values)),
      settle: (...values) => this.#pass({ verb: 'tx.settle', values, inner }, () => tx.settle(...values)),
      report: (...values) => this.#pass({ verb: 'tx.report', values, inner }, () => tx.report(...values)),
    }
  }

  async #pass<Result>(asked: Asked, run: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const verdict = await this.#verdict(asked, signal)
    if (verdict === 'refuse as away') throw new TransientError('the database is away', { away: true })
    if (verdict === 'refuse as locked') throw new TransientError('the database is locked', { locked: true })
    const result = await this.#run(asked, run)
    if (verdict === 'crash after') this.#keeper.onCrash(this)
    if (this.dead) return never()
    if (verdict === 'lose the answer') throw new TransientError('the answer was lost', { away: true })
    return result
  }

  async #run<Result>({ verb, values }: Asked, run: () => Promise<Result>): Promise<Result> {
    this.#keeper.working += 1
    try {
      const result = await run()
      const parts = verb === 'transaction' ? this.#parts : []
      this.#tell({ process: this.process, verb, values, result, parts })
      return result
    } catch (error) {
      if (this.dead) return never()
      this.#keeper.onFailed(this.process, verb, error)
      throw error
    } finally {
      if (verb === 'transaction' && this.#keeper.open === this) this.#keeper.open = undefined
      this.#keeper.working -= 1
    }
  }

  /** What is done inside of a transaction counts when it has committed. */
  #tell(executed: Executed): void {
    if (executed.verb === 'transaction') this.#keeper.open = undefined
    if (executed.verb.startsWith('tx.')) this.#parts.push(executed)
    else this.#keeper.onExecuted(executed)
  }

  #verdict({ verb, values, inner = false }: Asked, signal: AbortSignal | undefined): Promise<Verdict> {
    if (this.dead) return never()
    return new Promise((resolve, reject) => {
      const call: Call = { gate: this, verb, values, inner, notBeforeMs: 0, decide }
      const onAbort = () => {
        if (this.#leave(call)) reject(signal?.reason)
      }
      function decide(verdict: Verdict): void {
        signal?.removeEventListener('abort', onAbort)
        if (call.gate.#leave(call)) resolve(verdict)
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

/** While the body of a transaction runs, the store is not at work, however that ends. */
class Turn {
  readonly #keeper: Gatekeeper
  #left = false

  constructor(keeper: Gatekeeper) {
    this.#keeper = keeper
  }

  leave(): void {
    this.#left = true
    this.#keeper.working -= 1
  }

  back(): void {
    if (this.#left) this.#keeper.working += 1
    this.#left = false
  }
}

/** Nobody is left who could hear of it. */
function never(): Promise<never> {
  return new Promise(() => {})
}

/** A role of a store is an object of nothing but calls. */
function isRole(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const members = Object.values(value)
  return members.length > 0 && members.every((member) => typeof member === 'function')
}

function callOf(store: Store, role: string, verb: string): (...values: unknown[]) => Promise<unknown> {
  const found = (store as unknown as Record<string, Record<string, unknown>>)[role]?.[verb]
  return found as (...values: unknown[]) => Promise<unknown>
}
