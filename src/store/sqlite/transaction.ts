import { unlessAborted } from '../../kit/abort.ts'
import { sleep, systemClock } from '../../kit/clock.ts'
import { Inside } from '../../kit/scope.ts'
import { Endings } from '../endings.ts'
import { isTransient, storeError } from '../errors.ts'
import type { Room } from '../room.ts'
import type { StoreTransaction } from '../store.ts'
import { Turns } from '../turns.ts'
import { Connection } from './connection.ts'
import { insert } from './insert.ts'
import { report } from './report.ts'
import { settle } from './settle.ts'
import { OpenTransaction } from './transactions/open-transaction.ts'

/** Another process holds the lock for as long as one of its transactions takes: 10,000 tries are half a minute. */
const BEGIN_RETRY_MS = 3
const BEGIN_TRIES = 10_000

interface TransactionsParts {
  readonly file: string
  readonly now: () => number
  readonly room: Room
  /** How long those that are open get to end when the store is closed. */
  readonly closeWaitMs?: number | undefined
}

/**
 * The caller's own transactions. Each runs on a connection of its own. On the store's, whatever else this process writes
 * while the body waits would land in it; and on one that is kept for the next one, a statement that the body has
 * prepared and still runs when its transaction is over, or a setting that it has left. One at a time; SQLite has one
 * writer anyway.
 */
export class Transactions {
  readonly #parts: TransactionsParts
  readonly #inside = new Inside<OpenTransaction>()
  readonly #endings: Endings
  readonly #turns: Turns
  #open: OpenTransaction | undefined

  constructor(parts: TransactionsParts) {
    this.#parts = parts
    this.#endings = new Endings(parts.closeWaitMs)
    const error = (waitedMs: number) => storeError('store_busy', { location: parts.file, waitedMs })
    this.#turns = new Turns(1, { limitMs: BEGIN_TRIES * BEGIN_RETRY_MS, error })
  }

  /** Whether the code that asks runs inside an open transaction. */
  isInside(): boolean {
    return this.#open !== undefined && this.#inside.mark === this.#open
  }

  /** What may be written inside the transaction that `handle` is of, if that is open. */
  within(handle: object): StoreTransaction | undefined {
    return this.#open?.handle === handle ? this.#storeTransaction(this.#open) : undefined
  }

  /** Resolves when no transaction is open: a write that came sooner would only be refused as busy. */
  idle(): Promise<void> | undefined {
    return this.#open?.ended
  }

  /**
   * Runs `body` when the transactions before it have ended; it is rolled back when `signal` aborts.
   *
   * @throws MillhandError `store_busy`
   */
  async run<Result>(
    body: (tx: StoreTransaction) => Promise<Result>,
    given: AbortSignal | undefined,
  ): Promise<Result> {
    if (this.isInside()) throw storeError('inside_transaction', { what: 'transaction' })
    return this.#endings.run(given, (signal) => this.#turns.take(() => this.#runNow(body, signal), signal))
  }

  /** Waits for those that were begun or wait for their turn; one that does not end is rolled back. */
  async close(): Promise<void> {
    await this.#endings.close(storeError('store_closed', { location: this.#parts.file }))
  }

  async #runNow<Result>(
    body: (tx: StoreTransaction) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const open = await this.#begin(signal)
    // In this very moment: whoever aborts it may be waiting for the lock.
    const onAbort = () => this.#end(open)
    signal.addEventListener('abort', onAbort)
    try {
      const running = this.#inside.run(open, () => body(this.#storeTransaction(open)))
      const result = await unlessAborted(running, signal)
      signal.throwIfAborted()
      open.connection.commit()
      return result
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#end(open)
    }
  }

  /** Takes the write lock without ever blocking the event loop for it. */
  async #begin(signal: AbortSignal): Promise<OpenTransaction> {
    const { file } = this.#parts
    let connection: Connection | undefined
    try {
      for (let tries = 1; tries < BEGIN_TRIES; tries += 1) {
        signal.throwIfAborted()
        try {
          connection ??= new Connection(file, { create: false })
          connection.begin(true)
          this.#open = new OpenTransaction(connection)
          return this.#open
        } catch (error) {
          if (!isTransient(error)) throw error
        }
        await sleep(systemClock, BEGIN_RETRY_MS, signal)
      }
      throw storeError('store_busy', { location: file, waitedMs: BEGIN_TRIES * BEGIN_RETRY_MS })
    } catch (error) {
      connection?.close()
      throw error
    }
  }

  #end(open: OpenTransaction): void {
    if (this.#open !== open) return
    this.#open = undefined
    open.end()
  }

  #storeTransaction(open: OpenTransaction): StoreTransaction {
    const { connection, handle } = open
    const { room, now } = this.#parts
    const within = async <Result>(write: () => Result): Promise<Result> => {
      if (this.#open === open) return write()
      throw storeError('foreign_transaction', { store: 'sqlite', problem: 'it is over' })
    }
    return {
      handle,
      insert: (jobs, pendingMax) =>
        within(() => connection.nested(() => insert(connection, jobs, { room, pendingMax, nowMs: now() }))),
      settle: (settlements) =>
        within(() => {
          // A body that ended the transaction itself has undone or committed its own writes: nothing can be one with them.
          if (!open.isWhole()) throw storeError('foreign_transaction', { store: 'sqlite' })
          return settle(connection, settlements, { nowMs: now() })
        }),
      report: (reports) => within(() => report(connection, reports, now())),
    }
  }
}
