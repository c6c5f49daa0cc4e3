import pg, { type Pool, type PoolClient, type QueryConfig, type QueryResult } from 'pg'
import { unlessAborted } from '../../kit/abort.ts'
import { type Clock, within } from '../../kit/clock.ts'
import { asError } from '../../kit/error.ts'
import { Scope } from '../../kit/scope.ts'
import { isTransient, storeError, TransientError } from '../errors.ts'
import type { Address } from './address.ts'
import { cutAfter } from './interrupt.ts'
import { type Client, Session } from './session.ts'

/** Connections for statements and transactions; one for notices and one for the beat come to that. */
const CONNECTIONS_MAX = 10
/** A server that does not answer for so long is taken for gone: the call is tried again. */
const CONNECT_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 60_000
/** A connection on which nothing comes is probed after this: the other end may have gone without a word. */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const
/** Of the connections: claims, settlements, enqueues and looks must not wait for the handlers' transactions. */
const TRANSACTIONS_SHARE = 0.6
/** Statements that are under way get so long to end when the store is closed. */
const CLOSE_MS = 3_000

/**
 * The hot statements are prepared, and their plans kept: to make one takes longer than to run it. Left to itself, the
 * server plans a claim anew each time once the tables are analyzed, since that looks cheaper to it. A plan that was made
 * while a table was empty has to be right when it holds a million rows, so that none may read a table whole. To
 * compile a plan would cost more than any of these statements.
 */
const SETTINGS = 'set enable_seqscan = off; set jit = off; set plan_cache_mode = force_generic_plan'

/** Transactions with statements of the caller's: one that he ends himself takes the mark with it. */
const BEGIN_MARKED = "begin; set local millhand_transaction.open = 'yes'"
/** On the store's own connections his statements are planned as on any other. */
const CALLERS_SETTINGS =
  'set local enable_seqscan to default; set local jit to default; set local plan_cache_mode to default'
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
/** Why a connection is of no use any more, if it is: then nobody else gets it. */
interface Health {
  broken?: Error
}
type Work<Result> = (client: PoolClient, health: Health) => Promise<Result>

/** The connections of one process to its database. */
export class Database {
  readonly address: Address
  readonly session: Session
  /** How many connections there are at most. */
  readonly connections: number
  readonly #pool: Pool
  readonly #owned: boolean
  /** Whether the connections are Millhand's own and keep what is set and prepared on them. */
  readonly #keeps: boolean
  readonly #clients = new Set<PoolClient>()
  /** The pool makes connections when they are first needed, and asks functions of the caller's how: not in the scope of whoever needs one. */
  readonly #scope = new Scope()
  #closed = false

  constructor(options: DatabaseOptions) {
    const { address, pool, sessions, self, clock, answerMs = ANSWER_TIMEOUT_MS } = options
    this.address = address
    this.#owned = pool === undefined
    this.#pool = pool ?? openPool(address, sessions)
    this.connections = this.#pool.options.max ?? CONNECTIONS_MAX
    this.#keeps = this.#owned && sessions
    // An idle connection that breaks is replaced by the pool: nobody has lost anything.
    this.#pool.on('error', ignore)
    if (this.#owned) {
      this.#pool.on('connect', (made) => this.#clients.add(made))
      this.#pool.on('remove', (gone) => this.#clients.delete(gone))
    }
    const { schema, location } = address
    const client: Client = {
      query: (config) =>
        this.#owned ? this.#scope.run(() => this.#ready().query(config)) : this.#borrow(this.#ask(config)),
    }
    this.session = new Session(client, { schema, location, self, clock, prepares: this.#keeps, answerMs })
  }

  /** Runs `body` in one transaction on a connection of its own. */
  transaction<Result>(body: Body<Result>): Promise<Result> {
    return this.#borrow(this.#transact('begin', body))
  }

  /** The same, with statements of the caller's in it; `body` has to end soon when `signal` aborts. */
  callersTransaction<Result>(body: Body<Result>, signal: AbortSignal): Promise<Result> {
    const begin = this.#keeps ? `${BEGIN_MARKED}; ${CALLERS_SETTINGS}` : BEGIN_MARKED
    const work: Work<Result> = async (client, health) => {
      const stopWatching = cutAfter(signal, client)
      try {
        const checked: Body<Result> = async (...given) => {
          signal.throwIfAborted()
          return body(...given)
        }
        return await this.#transact(begin, checked)(client, health)
      } finally {
        stopWatching()
      }
    }
    return this.#borrow(work, signal)
  }

  /** Whether it is still the transaction that was begun. What follows is Millhand's own, with its settings. */
  async isStillOpen(session: Session): Promise<boolean> {
    const sql = this.#keeps ? `${IS_MARKED}, ${OWN_SETTINGS}` : IS_MARKED
    const [row] = await session.rows<{ marked: boolean | null }>(sql)
    return row?.marked === true
  }

  /** @throws MillhandError `store_closed` */
  requireOpen(): void {
    if (this.#closed) throw storeError('store_closed', { location: this.address.location })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (!this.#owned) return void this.#pool.off('error', ignore)
    await within(CLOSE_MS, this.#pool.end())
    // A server that does not answer must not hold whoever closes.
    for (const client of this.#clients) client.end().catch(ignore)
  }

  /** How many transactions of callers may be open at a time: the others are for the statements of the store itself. */
  get transactionsMax(): number {
    return Math.max(1, Math.floor(this.connections * TRANSACTIONS_SHARE))
  }

  #ready(): Pool {
    this.requireOpen()
    return this.#pool
  }

  #transact<Result>(begin: string, body: Body<Result>): Work<Result> {
    return async (client, health) => {
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
        if (!health.broken) throw error
        throw new TransientError(health.broken.message, { cause: error, away: true })
      }
    }
  }

  #ask(config: QueryConfig): Work<QueryResult> {
    return (client, health) =>
      client.query(config).catch((error) => {
        if (isTransient(this.session.translate(error))) breakDown(health, error)
        throw error
      })
  }

  /** Takes a connection for a while. One that broke meanwhile does not go back to the others. */
  async #borrow<Result>(work: Work<Result>, signal?: AbortSignal): Promise<Result> {
    const client = await this.#connect(signal)
    const health: Health = {}
    const onError = (error: Error) => breakDown(health, error)
    client.on('error', onError)
    try {
      return await work(client, health)
    } finally {
      client.off('error', onError)
      this.#scope.run(() => client.release(health.broken))
    }
  }

  async #connect(signal?: AbortSignal): Promise<PoolClient> {
    try {
      const connected = this.#lend(signal)
      return await (this.session.clock?.during?.(connected) ?? connected)
    } catch (error) {
      throw this.session.translate(error)
    }
  }

  /** Waits for a connection, but not for ever: the caller may have all of his own pool in his hands. */
  async #lend(signal?: AbortSignal): Promise<PoolClient> {
    let settled = false
    const lent = this.#scope
      .run(() => this.#ready().connect())
      .finally(() => {
        settled = true
      })
    await within(CONNECT_TIMEOUT_MS, unlessAborted(lent, signal))
    if (settled) return lent
    lent.then((late) => late.release(), ignore)
    signal?.throwIfAborted()
    const all = this.connections === 1 ? 'The only connection' : `All ${this.connections} connections`
    throw new TransientError(`${all} of the pool have been in use for ${CONNECT_TIMEOUT_MS} ms`)
  }
}

function openPool({ config }: Address, sessions: boolean): Pool {
  return new pg.Pool({
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...KEEP_ALIVE,
    application_name: 'millhand',
    ...(sessions && { onConnect: async (client) => void (await client.query(SETTINGS)) }),
    ...config,
  })
}

function breakDown(health: Health, error: unknown): void {
  health.broken ??= asError(error)
}

/** Whether the connection is known to be of no use. Not by what else an error says: it may be of the body's own. */
function isLost(error: unknown): boolean {
  return error instanceof TransientError ? error.away : asError(error).message === 'Query read timeout'
}

function ignore(): void {}
