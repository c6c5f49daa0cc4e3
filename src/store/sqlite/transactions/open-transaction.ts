import { deferred } from '../../../kit/deferred.ts'
import { storeError } from '../../errors.ts'
import type { Connection } from '../connection.ts'
import { DatabaseSync } from '../file/node-sqlite.ts'

/** A commit or a rollback of the body's own takes it away. */
const MARK = 'millhand_transaction'

/** One transaction of a caller's, from its beginning to its end, which is also the end of its connection. */
export class OpenTransaction {
  readonly connection: Connection
  readonly ended: Promise<void>
  readonly #tellEnd: () => void

  /** @param connection one on which a transaction has begun, and nothing else will */
  constructor(connection: Connection) {
    const { promise, resolve } = deferred<void>()
    this.connection = connection
    this.ended = promise
    this.#tellEnd = () => resolve()
    connection.run(`savepoint ${MARK}`)
  }

  /** Asked once, at its end: whether it is the very transaction that was begun, and not one that the body began itself. */
  isWhole(): boolean {
    if (!this.handle.isTransaction) return false
    try {
      this.connection.run(`release ${MARK}`)
      return true
    } catch {
      return false
    }
  }

  /** What the caller gets. */
  get handle(): DatabaseSync {
    return this.connection.db
  }

  /** Rolls it back unless it was committed. With the connection, every statement goes that the body has prepared. */
  end(): void {
    try {
      this.connection.rollback()
    } finally {
      try {
        this.connection.close()
        seal(this.handle)
      } finally {
        this.#tellEnd()
      }
    }
  }
}

/** A body that goes on when its transaction is over hears so, rather than that some database is not open. */
function seal(handle: DatabaseSync): void {
  const refuse = () => {
    throw storeError('foreign_transaction', { store: 'sqlite', problem: 'it is over' })
  }
  // One that the body has frozen stays as it is, and says that the database is not open.
  for (const method of Object.getOwnPropertyNames(DatabaseSync.prototype))
    if (method !== 'constructor')
      Reflect.defineProperty(handle, method, { value: refuse, configurable: true })
}
