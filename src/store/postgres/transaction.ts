import type { NewJob } from '../../job/enqueue-options.ts'
import { isMillhandError } from '../../kit/error.ts'
import { Inside } from '../../kit/scope.ts'
import { storeError } from '../errors.ts'
import type { Inserted } from '../jobs.ts'
import type { Room } from '../room.ts'
import type { StoreTransaction } from '../store.ts'
import type { Database } from './database.ts'
import type { Guests } from './guests.ts'
import { insert, requireRoom } from './insert.ts'
import { report } from './report.ts'
import { nested } from './savepoint.ts'
import type { Session } from './session.ts'
import { settle } from './settle.ts'
import { Turns } from './turns.ts'
import { abortedError, Tx } from './tx.ts'

interface TransactionsParts {
  readonly database: Database
  readonly room: Room
  readonly guests: Guests
  /** Told of jobs when the transaction that stored them is committed; of a caller's own nobody hears when it is. */
  readonly onInserted: (jobs: readonly NewJob[]) => void
}

/** The transactions that Millhand runs for its callers, each on a connection of its own, and those that they opened. */
export class Transactions {
  readonly #database: Database
  readonly #room: Room
  readonly #guests: Guests
  readonly #onInserted: (jobs: readonly NewJob[]) => void
  readonly #inside = new Inside<Tx>()
  readonly #turns: Turns
  readonly #running = new Set<Promise<unknown>>()
  /** By what the caller was given. */
  readonly #own = new WeakMap<object, { readonly tx: Tx; readonly store: StoreTransaction }>()

  constructor({ database, room, guests, onInserted }: TransactionsParts) {
    this.#database = database
    this.#room = room
    this.#guests = guests
    this.#onInserted = onInserted
    this.#turns = new Turns(database.transactionsMax)
  }

  /** Whether the code that asks runs inside an open transaction. */
  isInside(): boolean {
    return this.#inside.mark?.isOpen === true
  }

  async run<Result>(body: (tx: StoreTransaction) => Promise<Result>): Promise<Result> {
    if (this.isInside()) throw storeError('inside_transaction', { what: 'A transaction' })
    const running = this.#turns.take(() => this.#run(body))
    this.#running.add(running)
    return running.finally(() => this.#running.delete(running))
  }

  /** Inserts in a transaction that is open already: one of these, or one on a client of the caller's. */
  async insertIn(handle: object, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    const own = this.#own.get(handle)
    if (own?.tx.isOpen === false)
      throw storeError('foreign_transaction', { store: 'postgres', problem: 'it is over' })
    if (own) return own.store.insert(jobs, pendingMax)
    return this.#guests.within(handle, (session) => this.#insert(session, jobs, pendingMax))
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  async #run<Result>(body: (tx: StoreTransaction) => Promise<Result>): Promise<Result> {
    let tx: Tx | undefined
    const inserted: NewJob[] = []
    try {
      const result = await this.#database.callersTransaction(async (client) => {
        tx = new Tx(client)
        const { store } = this.#keep(tx, (jobs) => void inserted.push(...jobs))
        try {
          return await this.#inside.run(tx, () => body(store))
        } finally {
          await tx.close()
        }
      })
      this.#onInserted(inserted)
      return result
    } catch (error) {
      throw isMillhandError(error, 'transaction_aborted') ? abortedError(tx?.failure, error) : error
    }
  }

  #keep(tx: Tx, onInsert: (jobs: readonly NewJob[]) => void): { readonly store: StoreTransaction } {
    const session = this.#database.session.on(tx)
    const enqueues = new Turns(1)
    const store: StoreTransaction = {
      handle: tx.handle,
      insert: (jobs, pendingMax) => {
        onInsert(jobs)
        return enqueues.take(() => nested(session, () => this.#insert(session, jobs, pendingMax)))
      },
      settle: async (settlements) => {
        // A body that ended the transaction itself has undone or committed its own writes: nothing can be one with them.
        if (!(await this.#database.isStillOpen(session)))
          throw storeError('foreign_transaction', { store: 'postgres', problem: 'its body has ended it' })
        return settle(session, settlements)
      },
      report: (reports) => report(session, reports),
    }
    const own = { tx, store }
    this.#own.set(tx.handle, own)
    return own
  }

  async #insert(session: Session, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    const uncounted = this.#room.take(jobs, pendingMax)
    const inserted = await insert(session, jobs)
    await requireRoom(session, uncounted, { room: this.#room, pendingMax })
    return inserted
  }
}
