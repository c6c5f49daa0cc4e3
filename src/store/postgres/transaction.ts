import type { NewJob } from '../../job/new-job.ts'
import type { Settlement } from '../../job/outcome.ts'
import { unlessAborted } from '../../kit/abort.ts'
import { isMillhandError } from '../../kit/error.ts'
import { Inside } from '../../kit/scope.ts'
import { Endings } from '../endings.ts'
import { storeError } from '../errors.ts'
import type { Inserted } from '../jobs.ts'
import type { StoreTransaction } from '../store.ts'
import { Turns } from '../turns.ts'
import type { Database } from './database.ts'
import type { Inserts } from './inserts.ts'
import { report } from './report.ts'
import { settle } from './settle.ts'
import type { Guests } from './transactions/guests.ts'
import { nested } from './transactions/savepoint.ts'
import { abortedError, Tx } from './transactions/tx.ts'

interface TransactionsParts {
  readonly database: Database
  readonly inserts: Inserts
  readonly guests: Guests
  /** Told of what a transaction wrote when it is committed; of a caller's own nobody hears when it is. */
  readonly onCommitted: (written: Written) => Promise<void>
  /** How long those that are open get to end when the store is closed. */
  readonly closeWaitMs?: number | undefined
}

/** What a transaction wrote that a claim may have to know of. */
export interface Written {
  readonly jobs: NewJob[]
  readonly settlements: Settlement[]
  /** Gates that were left. */
  readonly left: Set<string>
}

/** So long without one transaction that ended: then those who wait for their turn hear that the store is busy. */
const TURN_WAIT_MS = 30_000

type Body<Result> = (tx: StoreTransaction) => Promise<Result>

/** The transactions that Millhand runs for its callers, each on a connection of its own, and those that they opened. */
export class Transactions {
  readonly #database: Database
  readonly #inserts: Inserts
  readonly #guests: Guests
  readonly #onCommitted: (written: Written) => Promise<void>
  readonly #inside = new Inside<Tx>()
  readonly #endings: Endings
  readonly #turns: Turns
  /** By what the caller was given. */
  readonly #own = new WeakMap<object, { readonly tx: Tx; readonly store: StoreTransaction }>()

  constructor({ database, inserts, guests, onCommitted, closeWaitMs }: TransactionsParts) {
    this.#database = database
    this.#inserts = inserts
    this.#guests = guests
    this.#onCommitted = onCommitted
    this.#endings = new Endings(closeWaitMs)
    const error = (waitedMs: number) =>
      storeError('store_busy', { location: database.address.location, waitedMs })
    this.#turns = new Turns(database.transactionsMax, { limitMs: TURN_WAIT_MS, error })
  }

  /** Whether the code that asks runs inside an open transaction. */
  isInside(): boolean {
    return this.#inside.mark?.isOpen === true
  }

  /** Runs `body` when it is its turn; it is rolled back when `signal` aborts. @throws MillhandError `store_busy` */
  async run<Result>(body: Body<Result>, given: AbortSignal | undefined): Promise<Result> {
    if (this.isInside()) throw storeError('inside_transaction', { what: 'A transaction' })
    return this.#endings.run(given, (signal) => this.#turns.take(() => this.#run(body, signal), signal))
  }

  /** Inserts in a transaction that is open already: one of these, or one on a client of the caller's. */
  async insertIn(handle: object, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    const own = this.#own.get(handle)
    if (own?.tx.isOpen === false)
      throw storeError('foreign_transaction', { store: 'postgres', problem: 'it is over' })
    if (own) return own.store.insert(jobs, pendingMax)
    return this.#guests.within(handle, (session) => this.#inserts.insertIn(session, jobs, pendingMax))
  }

  /** Waits for those that were begun or wait for their turn; one that does not end is rolled back. */
  async close(): Promise<void> {
    await this.#endings.close(storeError('store_closed', { location: this.#database.address.location }))
  }

  async #run<Result>(body: Body<Result>, signal: AbortSignal): Promise<Result> {
    let tx: Tx | undefined
    const written: Written = { jobs: [], settlements: [], left: new Set() }
    try {
      const result = await this.#database.callersTransaction(async (client) => {
        tx = new Tx(client)
        const { store } = this.#keep(tx, written)
        return this.#runIn(tx, () => body(store), signal)
      }, signal)
      await this.#onCommitted(written)
      return result
    } catch (error) {
      if (signal.aborted && tx?.isAbandoned !== false) throw signal.reason
      throw isMillhandError(error, 'transaction_aborted') ? abortedError(tx?.failure, error) : error
    }
  }

  async #runIn<Result>(tx: Tx, body: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const toTheEnd = async () => {
      try {
        return await this.#inside.run(tx, body)
      } finally {
        await tx.close()
      }
    }
    try {
      return await unlessAborted(toTheEnd(), signal)
    } catch (error) {
      if (signal.aborted) await tx.abandon()
      throw error
    }
  }

  #keep(tx: Tx, written: Written): { readonly store: StoreTransaction } {
    const session = this.#database.session.on(tx)
    const enqueues = new Turns(1)
    const store: StoreTransaction = {
      handle: tx.handle,
      insert: (jobs, pendingMax) => {
        written.jobs.push(...jobs)
        return enqueues.take(() => nested(session, () => this.#inserts.insertIn(session, jobs, pendingMax)))
      },
      settle: async (settlements) => {
        // A body that ended the transaction itself has undone or committed its own writes: nothing can be one with them.
        if (!(await this.#database.isStillOpen(session)))
          throw storeError('foreign_transaction', { store: 'postgres', problem: 'its body has ended it' })
        written.settlements.push(...settlements)
        return settle(session, settlements, { left: written.left })
      },
      report: (reports) => report(session, reports),
    }
    const own = { tx, store }
    this.#own.set(tx.handle, own)
    return own
  }
}
