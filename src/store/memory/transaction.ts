import type { NewJob } from '../../job/enqueue-options.ts'
import { deferred } from '../../kit/deferred.ts'
import { Inside } from '../../kit/scope.ts'
import { storeError } from '../errors.ts'
import type { Inserted } from '../jobs.ts'
import type { StoreTransaction } from '../store.ts'
import type { MemoryData } from './data.ts'
import { insert } from './insert.ts'
import { report } from './report.ts'
import { settle } from './settle.ts'

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
  #open: Open | undefined
  #closed = false

  constructor(data: MemoryData) {
    this.#data = data
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

  async run<Result>(body: (tx: StoreTransaction) => Promise<Result>): Promise<Result> {
    if (this.inside) throw storeError('inside_transaction', { what: 'A transaction' })
    const { handle, undo, end } = await this.#whenFree(() => this.#begin())
    try {
      const result = await this.#insideOf.run(handle, () => body(this.#transaction(handle)))
      this.#data.jobs.commit()
      return result
    } catch (error) {
      undo()
      throw error
    } finally {
      this.#open = undefined
      end()
    }
  }

  async insertIn(handle: object, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    return this.#transaction(handle).insert(jobs, pendingMax)
  }

  async close(): Promise<void> {
    while (this.#open) await this.#open.ended
    this.#closed = true
  }

  /** Nothing may come between the look and the call, or the call would end up in somebody else's transaction. */
  async #whenFree<Result>(call: () => Result): Promise<Result> {
    while (this.#open) await this.#open.ended
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
  data.jobs.begin()
  return () => {
    data.jobs.rollback()
    Object.assign(data, { lastSeq, lastCursor, changes })
  }
}
