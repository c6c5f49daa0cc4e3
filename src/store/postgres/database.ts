import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg'
import type { Clock } from '../../kit/clock.ts'
import { asError } from '../../kit/error.ts'
import { isTransient, storeError, TransientError } from '../errors.ts'
import type { Address } from './connection/address.ts'
import { breakDown, Connections, type Health, type Work } from './connection/connections.ts'
import { cutAfter } from './connection/interrupt.ts'
import type { Kept } from './connection/kept.ts'
import { SETTINGS } from './connection/pool.ts'
import { type Client, Session } from './session.ts'
import { isSpoiled } from './transactions/tx.ts'

/** A server that does not answer for so long is taken for gone: the call is tried again. */
const ANSWER_TIMEOUT_MS = 60_000
/** Of the connections: claims, settlements, enqueues and looks must not wait for the handlers' transactions. */
const TRANSACTIONS_SHARE = 0.6

/** Far longer than from one statement of Millhand's to the next, and shorter than most leases. */
const STANDSTILL_MS = 5_000
const BEGIN_BRIEF = `begin; set local idle_in_transaction_session_timeout = ${STANDSTILL_MS}`

/** Transactions with statements of the caller's: one that he ends himself takes the mark with it. */
const BEGIN_MARKED = "begin; set local millhand_transaction.open = 'yes'"
/** On the store's own connections his statements are planned as on any other. */
const CALLERS_SETTINGS =
  'set local enable_seqscan to default; set local jit to default; set local plan_cache_mode to default'
/**
 * After them: what his statements set, made or locked for the session is gone before the connection serves anybody else,
 * who may be another tenant. Prepared statements stay, since most are Millhand's own.
 */
const CLEANSE = `close all; reset session authorization; reset role; reset all; discard temp; discard sequences;
  select pg_advisory_unlock_all(); ${SETTINGS}`
/** What the connection that is kept for notices does not do. */
const UNLISTEN = 'unlisten *'

const IS_MARKED = "select current_setting('millhand_transaction.open', true) = 'yes' as marked"
const OWN_SETTINGS = `set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
  set_config('plan_cache_mode', 'force_generic_plan', true)`

interface DatabaseOptions {
  readonly address: Address
  /** The caller's own pool: it is used as it is, and not closed. */
  readonly pool?: Pool | undefined
  /** Whether connections keep what is set on them; behind a pooler in transaction mode they do not. */
  readonly sessions: boolean
  readonly self: string
  readonly clock: Clock | undefined
  /** How long a statement of Millhand's own may take; 0: as long as it likes. Default a minute. */
  readonly answerMs?: number
}

type Body<Result> = (client: PoolClient, session: Session) => Promise<Result>

/** One process at its database: statements by themselves, and transactions. */
export class Database {
  readonly address: Address
  readonly session: Session
  readonly #connections: Connections
  /** Whether the connections are Millhand's own and keep what is set and prepared on them. */
  readonly #keeps: boolean

  constructor(options: DatabaseOptions) {
    const { address, pool, sessions, self, clock, answerMs = ANSWER_TIMEOUT_MS } = options
    this.address = address
    this.#connections = new Connections(options)
    this.#keeps = pool === undefined && sessions
    const { schema, location } = address
    const client: Client = { query: (config) => this.#ask(config) }
    this.session = new Session(client, { schema, location, self, clock, prepares: this.#keeps, answerMs })
  }

  /** How many connections there are at most. */
  get connections(): number {
    return this.#connections.most
  }

  /** Runs `body` in one transaction on a connection of its own. */
  transaction<Result>(body: Body<Result>): Promise<Result> {
    return this.#connections.borrow((client, health) => this.#transact('begin', { client, health, body }))
  }

  /**
   * The same, of statements that follow at once: where the process stands still between two of them, the server ends it, so
   * that what it has locked is kept from the others no longer.
   */
  briefTransaction<Result>(body: Body<Result>): Promise<Result> {
    return this.#connections.borrow((client, health) => this.#transact(BEGIN_BRIEF, { client, health, body }))
  }

  /** The same, with statements of the caller's in it; `body` has to end soon when `signal` aborts. */
  callersTransaction<Result>(body: Body<Result>, signal: AbortSignal): Promise<Result> {
    const begin = this.#keeps ? `${BEGIN_MARKED}; ${CALLERS_SETTINGS}` : BEGIN_MARKED
    const work: Work<Result> = async (client, health) => {
      const stopWatching = cutAfter(signal, client)
      const checked: Body<Result> = async (...given) => {
        signal.throwIfAborted()
        return body(...given)
      }
      try {
        return await this.#transact(begin, { client, health, body: checked })
      } finally {
        stopWatching()
        if (this.#keeps && !health.broken) await this.#cleanse(client, health)
        if (this.#keeps && isSpoiled(client)) breakDown(health, new Error('its user has changed the client'))
      }
    }
    return this.#connections.borrowLong(work, signal)
  }

  /** Whether it is still the transaction that was begun. What follows is Millhand's own, with its settings. */
  async isStillOpen(session: Session): Promise<boolean> {
    const sql = this.#keeps ? `${IS_MARKED}, ${OWN_SETTINGS}` : IS_MARKED
    const [row] = await session.rows<{ marked: boolean | null }>(sql)
    return row?.marked === true
  }

  /** A connection to be notified on until it breaks; what is asked for on it is given up after `answerMs`. */
  keep(onClose: () => void, answerMs: number): Promise<Kept> {
    return this.#connections.keep(onClose, answerMs)
  }

  /** @throws MillhandError `store_closed` */
  requireOpen(): void {
    this.#connections.requireOpen()
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  /** How many transactions of callers may be open at a time: the others are for the statements of the store itself. */
  get transactionsMax(): number {
    return Math.max(1, Math.floor(this.connections * TRANSACTIONS_SHARE))
  }

  async #transact<Result>(begin: string, { client, health, body }: Transacted<Result>): Promise<Result> {
    const session = this.session.on(client)
    try {
      await session.run(begin)
      const result = await body(client, session)
      // Asked to commit what had failed, the server rolls it back, and says so in no other way.
      const command = await session.run('commit')
      if (command === 'ROLLBACK') throw storeError('transaction_aborted', { problem: 'see the cause' })
      return result
    } catch (error) {
      // Where the connection is gone, so is the transaction; a server that does not answer is not asked again.
      if (isLost(error)) health.broken ??= asError(error)
      else await session.run('rollback').catch((failure) => breakDown(health, failure))
      if (!health.broken || isTransient(error)) throw error
      throw new TransientError(health.broken.message, { cause: error, away: true })
    }
  }

  /** Whatever the transaction came to stands: a connection on which this fails is given to nobody any more. */
  async #cleanse(client: PoolClient, health: Health): Promise<void> {
    await this.session
      .on(client)
      .run(health.kept ? CLEANSE : `${CLEANSE}; ${UNLISTEN}`)
      .catch((failure) => breakDown(health, failure))
  }

  #ask(config: QueryConfig): Promise<QueryResult> {
    return this.#connections.borrow((client, health) =>
      client.query(config).catch((error) => {
        if (isLost(this.session.translate(error))) breakDown(health, error)
        throw error
      }),
    )
  }
}

interface Transacted<Result> {
  readonly client: PoolClient
  readonly health: Health
  readonly body: Body<Result>
}

/** Whether the connection is known to be of no use. Not by what else an error says: it may be of the body's own. */
function isLost(error: unknown): boolean {
  return isTransient(error) ? error.away : asError(error).message === 'Query read timeout'
}
