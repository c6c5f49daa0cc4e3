import type { PoolClient, QueryConfig } from 'pg'
import { asError } from '../../../kit/error.ts'
import { unheard } from '../../../kit/thenable.ts'
import { storeError } from '../../errors.ts'
import { ABORTED, sqlStateOf } from '../connection/faults.ts'
import { cancelStatement } from '../connection/interrupt.ts'
import type { Client } from '../session.ts'

/** Statements that begin or end a transaction; what is said to a savepoint is not among them. */
const CONTROL =
  /^\s*(begin|start\s+transaction|commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b))\b/i

/** What would take the connection out of the transaction's hands. */
const KEPT: ReadonlySet<PropertyKey> = new Set(['release', 'end', 'connect'])

/** What a body that was written for SQLite calls first. */
const OF_SQLITE: ReadonlySet<PropertyKey> = new Set(['prepare', 'exec'])

/** What would stay with the client for whoever has it next. */
const LASTING: ReadonlySet<PropertyKey> = new Set(
  [
    'setTypeParser',
    'on',
    'once',
    'addListener',
    'prependListener',
    'prependOnceListener',
    'removeAllListeners',
  ].concat(['off', 'removeListener', 'setMaxListeners']),
)

const SPOILED: unique symbol = Symbol('spoiled')

/** Whether a caller has changed the client itself: nobody else is to have it. */
export function isSpoiled(client: object): boolean {
  return SPOILED in client
}

function spoil(client: object): void {
  Object.defineProperty(client, SPOILED, { value: true })
}

/** A statement of the caller's own may take as long as it likes: the attempt has its own `timeout`. 24 days. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

type Query = (...given: unknown[]) => unknown

/**
 * One transaction of the caller's, on a connection that other transactions had before and will have after it. What the
 * caller gets is a client of pg for as long as the transaction is open: a statement that comes later is refused, since
 * it would land in somebody else's. Statements go one after the other, so that none is left when it is committed.
 */
export class Tx implements Client {
  /** What the caller gets. */
  readonly handle: PoolClient
  readonly #client: PoolClient
  #open = true
  #abandoned = false
  #underWay = 0
  #last: Promise<unknown> = Promise.resolve()
  #failure: unknown

  constructor(client: PoolClient) {
    this.#client = client
    const query: Query = (...given) => this.#ask(given)
    this.handle = new Proxy(client, {
      get: (target, name) => {
        if (name === 'query') return query
        if (KEPT.has(name)) return () => refuse(String(name))
        if (OF_SQLITE.has(name)) return () => refuseSqlite(String(name))
        if (LASTING.has(name)) spoil(target)
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
      set: (target, name, value) => {
        spoil(target)
        return Reflect.set(target, name, value, target)
      },
    })
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** Whether it was ended while its body went on. */
  get isAbandoned(): boolean {
    return this.#abandoned
  }

  /** What went wrong first, where a later statement was refused for it. */
  get failure(): unknown {
    return this.#failure
  }

  /** A statement of Millhand's own, after those of the caller's. */
  query(config: QueryConfig): Promise<{ readonly rows: unknown[]; readonly command?: string }> {
    return this.#open ? this.#inTurn(() => this.#client.query(config)) : Promise.reject(over())
  }

  /** From now on nothing more is taken; resolves when all that was taken has been answered. */
  async close(): Promise<void> {
    this.#open = false
    await this.#last
  }

  /**
   * Ends it while its body goes on: nothing more is taken, and what was taken and not sent is refused. Resolves when the
   * statement that is under way has ended, which the server is asked for.
   */
  async abandon(): Promise<void> {
    this.#open = false
    this.#abandoned = true
    if (this.#underWay > 0) await cancelStatement(this.#client)
    await this.#last
  }

  /** Sends a statement of the caller's, in any of the ways in which pg takes one. */
  #ask(given: unknown[]): unknown {
    const { text, query } = this.#read(given)
    const error = this.#open ? controlError(text) : over()
    const callback = given.at(-1)
    if (error) {
      if (typeof callback !== 'function') return unheard(Promise.reject(error))
      return void callback(error)
    }
    if (query === undefined) return (this.#client.query as Query)(...given)
    const answer = this.#inTurn(query)
    if (typeof callback !== 'function') return answer
    return void unheard(
      answer.then(
        (result) => callback(null, result),
        (thrown) => callback(thrown),
      ),
    )
  }

  /** The text, and how to send it; what submits itself, such as a cursor, cannot be put into line. */
  #read([first, second]: unknown[]): { text: string; query?: () => Promise<unknown> } {
    const config = typeof first === 'string' ? { text: first } : (first as QueryConfig & { submit?: unknown })
    const text = String(config?.text ?? '')
    if (typeof config?.submit === 'function') return { text }
    const values = Array.isArray(second) ? { values: second as unknown[] } : {}
    const sent = { query_timeout: NO_TIMEOUT_MS, ...config, ...values }
    return { text, query: () => this.#client.query(sent) }
  }

  #inTurn<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    const answer = this.#last.then(async () => {
      if (this.#abandoned) throw over()
      this.#underWay += 1
      return send().finally(() => {
        this.#underWay -= 1
      })
    })
    this.#last = answer.catch((error) => {
      // Those that come after it only say that there was one before them.
      if (sqlStateOf(error) !== ABORTED) this.#failure = error
    })
    return answer
  }
}

/** Why a transaction was aborted: the statement that failed, rather than those that were refused after it. */
export function abortedError(failure: unknown, thrown: unknown): Error {
  const cause = failure ?? (thrown as Error).cause ?? thrown
  return storeError('transaction_aborted', { problem: asError(cause).message }, { cause })
}

function controlError(text: string): Error | undefined {
  const [, statement] = CONTROL.exec(text) ?? []
  return statement === undefined ? undefined : storeError('transaction_control', { statement })
}

/** @throws MillhandError `transaction_control` */
function refuse(statement: string): never {
  throw storeError('transaction_control', { statement: `tx.${statement}()` })
}

/** @throws MillhandError `not_supported` */
function refuseSqlite(method: string): never {
  const instead =
    'tx is a client of pg here: await tx.query(text, values), and give its type as (tx: PoolClient) =>.'
  throw storeError('not_supported', { what: `tx.${method}`, store: 'postgres', instead })
}

function over(): Error {
  return storeError('foreign_transaction', { store: 'postgres', problem: 'it is over' })
}
