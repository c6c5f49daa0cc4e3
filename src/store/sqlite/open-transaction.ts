import { DatabaseSync } from 'node:sqlite'
import { deferred } from '../../kit/deferred.ts'
import { storeError } from '../errors.ts'
import type { Connection } from './connection.ts'

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
      this.connection.close()
      seal(this.handle)
      this.#tellEnd()
    }
  }
}

/** A body that goes on when its transaction is over hears so, rather than that some database is not open. */
function seal(handle: DatabaseSync): void {
  const refuse = () => {
    throw storeError('foreign_transaction', { store: 'sqlite', problem: 'it is over' })
  }
  for (const method of Object.getOwnPropertyNames(DatabaseSync.prototype))
    if (method !== 'constructor') Object.defineProperty(handle, method, { value: refuse, configurable: true })
}
