import type { DatabaseSync } from 'node:sqlite'
import { sleep, systemClock, within } from '../../kit/clock.ts'
import { Inside } from '../../kit/scope.ts'
import { isTransient, storeError } from '../errors.ts'
import type { Room } from '../room.ts'
import type { StoreTransaction } from '../store.ts'
import { Connection } from './connection.ts'
import { insert } from './insert.ts'
import { report } from './report.ts'
import { settle } from './settle.ts'

/** Another process holds the lock for as long as one of its transactions takes: 10,000 tries are half a minute. */
const BEGIN_RETRY_MS = 3
const BEGIN_TRIES = 10_000
const CLOSE_WAIT_MS = 5_000

/** One transaction, from its beginning to its end: the connection that it is on serves many. */
interface Open {
  readonly handle: DatabaseSync
}

/**
 * The caller's own transactions. They run on a connection of their own, since their body is asynchronous: on the
 * shared one, whatever else this process writes meanwhile would land in the caller's transaction. One at a time;
 * SQLite has one writer anyway.
 */
export class Transactions {
  readonly #file: string
  readonly #now: () => number
  readonly #room: Room
  readonly #inside = new Inside<Open>()
  #connection: Connection | undefined
  #last: Promise<unknown> = Promise.resolve()
  #open: Open | undefined

  constructor(file: string, now: () => number, room: Room) {
    this.#file = file
    this.#now = now
    this.#room = room
  }

  /** Whether the code that asks runs inside an open transaction. */
  isInside(): boolean {
    return this.#open !== undefined && this.#inside.mark === this.#open
  }

  /** Whether `handle` is that of the open transaction. */
  isOpen(handle: object): boolean {
    return this.#open?.handle === handle
  }

  /** Resolves when no transaction is open: a write that came sooner would only be refused as busy. */
  idle(): Promise<unknown> | undefined {
    return this.#open === undefined ? undefined : this.#last
  }

  /** Runs `body` when the transactions before it have ended. @throws MillhandError `store_busy` */
  run<Result>(body: (tx: StoreTransaction) => Promise<Result>): Promise<Result> {
    if (this.isInside()) throw storeError('inside_transaction', { what: 'transaction' })
    const result = this.#last.then(() => this.#runNow(body))
    this.#last = result.catch(() => {})
    return result
  }

  /** Waits for those that were begun or wait for their turn; one that does not end is rolled back. */
  async close(): Promise<void> {
    await within(CLOSE_WAIT_MS, this.#last)
    this.#connection?.close()
  }

  async #runNow<Result>(body: (tx: StoreTransaction) => Promise<Result>): Promise<Result> {
    this.#connection ??= new Connection(this.#file)
    const connection = this.#connection
    await beginPatiently(connection)
    const open = { handle: connection.db }
    this.#open = open
    try {
      const result = await this.#inside.run(open, () => body(this.within(connection)))
      connection.commit()
      return result
    } finally {
      connection.rollback()
      this.#open = undefined
    }
  }

  /** What may be written inside the transaction. */
  within(connection = this.#connection as Connection): StoreTransaction {
    return {
      handle: connection.db,
      insert: async (jobs, pendingMax) => {
        const options = { room: this.#room, pendingMax, nowMs: this.#now() }
        return connection.nested(() => insert(connection, jobs, options))
      },
      settle: async (settlements) => {
        // A body that ended the transaction itself has undone or committed its own writes: nothing can be one with them.
        if (!connection.db.isTransaction) throw storeError('foreign_transaction', { store: 'sqlite' })
        return settle(connection, settlements, this.#now())
      },
      report: async (reports) => report(connection, reports, this.#now()),
    }
  }
}

/** Takes the write lock without ever blocking the event loop for it. */
async function beginPatiently(connection: Connection): Promise<void> {
  for (let tries = 1; tries < BEGIN_TRIES; tries += 1) {
    try {
      return connection.begin(true)
    } catch (error) {
      if (!isTransient(error)) throw error
    }
    await sleep(systemClock, BEGIN_RETRY_MS)
  }
  throw storeError('store_busy', { location: connection.file, waitedMs: BEGIN_TRIES * BEGIN_RETRY_MS })
}
