import type { NewJob } from '../../job/new-job.ts'
import { unlessAborted } from '../../kit/abort.ts'
import { within } from '../../kit/clock.ts'
import { deferred } from '../../kit/deferred.ts'
import { Inside } from '../../kit/scope.ts'
import { Endings } from '../endings.ts'
import { storeError, TransientError } from '../errors.ts'
import type { Inserted } from '../jobs.ts'
import type { StoreTransaction } from '../store.ts'
import { Turns } from '../turns.ts'
import type { MemoryData } from './data/data.ts'
import { insert } from './insert.ts'
import { report } from './report.ts'
import { settle } from './settle.ts'

/** How long a call waits for a transaction before it counts as refused, and another transaction for its turn. */
const CALL_WAIT_MS = 1_000
const TURN_WAIT_MS = 30_000

/** A transaction that is open. */
interface Open {
  readonly handle: object
  readonly undo: () => void
  readonly ended: Promise<void>
  readonly end: () => void
}

/**
 * One transaction at a time. While it is open every other call waits, so that nobody sees, and no worker starts,
 * what may yet be undone; only the code inside may read, and sees what it wrote. A single call needs no transaction:
 * the functions of the roles are synchronous, so that nothing can come between.
 */
export class MemoryTransactions {
  readonly #data: MemoryData
  readonly #insideOf = new Inside<object>()
  readonly #endings: Endings
  readonly #turns: Turns
  #open: Open | undefined
  #closed = false

  constructor(data: MemoryData, closeWaitMs?: number) {
    this.#data = data
    this.#endings = new Endings(closeWaitMs)
    const error = (waitedMs: number) => storeError('store_busy', { location: 'memory:', waitedMs })
    this.#turns = new Turns(1, { limitMs: TURN_WAIT_MS, error })
  }

  /** Whether the code that asks belongs to the transaction that is open: a write of its own would wait for itself. */
  get inside(): boolean {
    return this.#open !== undefined && this.#open.handle === this.#insideOf.mark
  }

  write<Result>(call: () => Result): Promise<Result> {
    return this.#whenFree(call)
  }

  async read<Result>(call: () => Result): Promise<Result> {
    return this.inside ? call() : this.#whenFree(call)
  }

  async run<Result>(
    body: (tx: StoreTransaction) => Promise<Result>,
    given: AbortSignal | undefined,
  ): Promise<Result> {
    if (this.inside) throw storeError('inside_transaction', { what: 'A transaction' })
    return this.#endings.run(given, (signal) => this.#turns.take(() => this.#run(body, signal), signal))
  }

  async insertIn(handle: object, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    return this.#transaction(handle).insert(jobs, pendingMax)
  }

  async close(): Promise<void> {
    await this.#endings.close(storeError('store_closed', { location: 'memory:' }))
    this.#closed = true
  }

  async #run<Result>(body: (tx: StoreTransaction) => Promise<Result>, signal: AbortSignal): Promise<Result> {
    if (this.#closed) throw storeError('store_closed', { location: 'memory:' })
    const { handle, undo, end } = this.#begin()
    try {
      const running = this.#insideOf.run(handle, () => body(this.#transaction(handle)))
      const result = await unlessAborted(running, signal)
      signal.throwIfAborted()
      this.#data.jobs.commit()
      this.#data.kept.commit()
      return result
    } catch (error) {
      undo()
      throw error
    } finally {
      this.#open = undefined
      end()
    }
  }

  /**
   * Nothing may come between the look and the call, or the call would end up in somebody else's transaction. One that
   * stays open is reported as that, so that the wait has the bound of every other (`busyTimeout`).
   */
  async #whenFree<Result>(call: () => Result): Promise<Result> {
    for (let open = this.#open; open; open = this.#open) {
      await within(CALL_WAIT_MS, open.ended)
      if (this.#open === open) throw new TransientError('a transaction is open')
    }
    if (this.#closed) throw storeError('store_closed', { location: 'memory:' })
    return call()
  }

  #begin(): Open {
    const { promise: ended, resolve: end } = deferred<void>()
    this.#open = { handle: Object.freeze({ store: 'memory' }), undo: savepoint(this.#data), ended, end }
    return this.#open
  }

  #transaction(handle: object): StoreTransaction {
    const within = async <Result>(call: () => Result) => {
      if (this.#closed) throw storeError('store_closed', { location: 'memory:' })
      if (this.#open?.handle !== handle) throw storeError('foreign_transaction', { store: 'memory' })
      return call()
    }
    return {
      handle,
      insert: (jobs, pendingMax) => within(() => insert(this.#data, jobs, pendingMax)),
      settle: (settlements) => within(() => settle(this.#data, settlements)),
      report: (reports) => within(() => report(this.#data, reports)),
    }
  }
}

/** Remembers what a transaction can change; the function that it gives puts it back. */
function savepoint(data: MemoryData): () => void {
  const { lastSeq, lastCursor } = data
  const changes = [...data.changes]
  const claimedAt = new Map(data.claimedAt)
  const gates = new Map(data.gates)
  const results = new Map(data.results)
  const ledger = new Map(data.ledger)
  data.jobs.begin()
  data.kept.begin()
  return () => {
    data.jobs.rollback()
    data.kept.rollback()
    Object.assign(data, { lastSeq, lastCursor, changes, claimedAt, gates, results, ledger })
  }
}
