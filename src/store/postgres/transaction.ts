import { AsyncLocalStorage } from 'node:async_hooks'
import { storeError } from '../errors.ts'
import type { Room } from '../room.ts'
import type { StoreTransaction } from '../store.ts'
import type { Database } from './database.ts'
import { insert, requireRoom } from './insert.ts'
import { report } from './report.ts'
import type { Client, Session } from './session.ts'
import { settle } from './settle.ts'

/** Whether a transaction is still open: code that outlives it is not inside any more. */
interface Open {
  open: boolean
}

/**
 * The caller's own transactions: each on a connection of its own. Fewer than there are connections, since the
 * statements of the claim loop and of the settlements must not wait for the handlers'.
 */
export class Transactions {
  readonly #database: Database
  readonly #room: Room
  readonly #inside = new AsyncLocalStorage<Open>()
  readonly #turns: Turns
  readonly #running = new Set<Promise<unknown>>()

  constructor(database: Database, room: Room) {
    this.#database = database
    this.#room = room
    this.#turns = new Turns(database.transactionsMax)
  }

  /** Whether the code that asks runs inside an open transaction. */
  isInside(): boolean {
    return this.#inside.getStore()?.open === true
  }

  async run<Result>(body: (tx: StoreTransaction) => Promise<Result>): Promise<Result> {
    if (this.isInside()) throw storeError('inside_transaction', { what: 'A transaction' })
    const running = this.#turns.take(() => this.#run(body))
    this.#running.add(running)
    return running.finally(() => this.#running.delete(running))
  }

  /** Inserts in a transaction that a caller opened. */
  within(handle: object): StoreTransaction {
    if (!isClient(handle)) throw storeError('foreign_transaction', { store: 'postgres' })
    return this.#on(handle, this.#database.session.on(handle))
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  #run<Result>(body: (tx: StoreTransaction) => Promise<Result>): Promise<Result> {
    const state: Open = { open: true }
    const within = (client: Client, session: Session) =>
      this.#inside.run(state, () => body(this.#on(client, session)))
    return this.#database.transaction(within).finally(() => {
      state.open = false
    })
  }

  #on(handle: object, session: Session): StoreTransaction {
    return {
      handle,
      insert: (jobs, pendingMax) =>
        nested(session, async () => {
          const uncounted = this.#room.take(jobs, pendingMax)
          const inserted = await insert(session, jobs)
          await requireRoom(session, uncounted, { room: this.#room, pendingMax })
          return inserted
        }),
      settle: (settlements) => settle(session, settlements),
      report: (reports) => report(session, reports),
    }
  }
}

/** Lets so many bodies run at a time; the others wait for their turn. */
class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(most: number) {
    this.#free = most
  }

  async take<Result>(body: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await body()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}

/** Runs `body` as a part of the transaction that is undone alone when it throws. */
async function nested<Result>(session: Session, body: () => Promise<Result>): Promise<Result> {
  await session.run('savepoint millhand').catch((error) => {
    throw hasCode(error, NO_TRANSACTION) ? storeError('foreign_transaction', { store: 'postgres' }) : error
  })
  try {
    const result = await body()
    await session.run('release savepoint millhand')
    return result
  } catch (error) {
    await session.run('rollback to savepoint millhand').catch(() => {})
    throw error
  }
}

const NO_TRANSACTION = '25P01'

function hasCode(error: unknown, code: string): boolean {
  return (error as { code?: unknown } | null)?.code === code
}

function isClient(handle: object): handle is Client {
  return typeof (handle as Partial<Client>).query === 'function'
}
