import { storeError } from '../../errors.ts'
import { Turns } from '../../turns.ts'
import { isMissing } from '../connection/faults.ts'
import type { Client, Session } from '../session.ts'
import { nested } from './savepoint.ts'

/** A client of the caller's, or what stands for one: see src/postgres/. */
type Guest = Client & { readonly of?: object }

/** What the caller's connection and the store's own have in common if they are on one database. */
const ORIGIN = `select current_database() || ' ' || extract(epoch from applied_at)::text as origin
  from millhand.migrations order by version limit 1`

/** Transactions that callers opened on clients of their own. */
export class Guests {
  readonly #session: Session
  #origin: string | undefined
  readonly #turns = new WeakMap<object, Turns>()
  readonly #known = new WeakSet<object>()

  constructor(session: Session) {
    this.#session = session.guest()
  }

  /** Learns where the store is. */
  async open(): Promise<void> {
    this.#origin = await originOf(this.#session)
  }

  /** Runs `body` as a part of the caller's transaction, one after the other. @throws MillhandError `foreign_transaction` */
  async within<Result>(handle: object, body: (session: Session) => Promise<Result>): Promise<Result> {
    if (!isGuest(handle)) throw foreign('it is no client of pg')
    if (isUnconnected(handle)) throw foreign('it is not connected: await client.connect() first')
    const transaction = handle.of ?? handle
    const turns = this.#turns.get(transaction) ?? new Turns(1)
    this.#turns.set(transaction, turns)
    const session = this.#session.on(handle)
    const work = async () => {
      if (!this.#known.has(transaction)) await this.#requireSameDatabase(session)
      this.#known.add(transaction)
      return body(session)
    }
    return turns.take(() => nested(session, work))
  }

  /** A job in another database would be acknowledged, and run by nobody here. */
  async #requireSameDatabase(session: Session): Promise<void> {
    if ((await originOf(session)) !== this.#origin) throw foreign('it is on another database than the store')
  }
}

/** Undefined where no schema of Millhand's is. */
async function originOf(session: Session): Promise<string | undefined> {
  try {
    const [row] = await session.rows<{ origin: string }>(ORIGIN)
    return row?.origin
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isGuest(handle: object): handle is Guest {
  return typeof (handle as Partial<Client>).query === 'function'
}

/** A `pg.Client` keeps what it is asked for until it is connected, which nobody may have begun. By the fields that pg has. */
function isUnconnected(handle: object): boolean {
  const { _connected, _connecting } = handle as { _connected?: unknown; _connecting?: unknown }
  return _connected === false && _connecting === false
}

function foreign(problem: string) {
  return storeError('foreign_transaction', { store: 'postgres', problem })
}
