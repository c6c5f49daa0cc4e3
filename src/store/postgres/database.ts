import pg, { type Pool, type PoolClient } from 'pg'
import { type Clock, within } from '../../kit/clock.ts'
import { asError } from '../../kit/error.ts'
import { storeError, TransientError } from '../errors.ts'
import type { Address } from './address.ts'
import { Session } from './session.ts'

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
 * The hot statements are prepared, and their plans kept: to make one takes longer than to run it. A plan that was made
 * while a table was empty has to be right when it holds a million rows, so that none may read a table whole. To
 * compile a plan would cost more than any of these statements.
 */
const SETTINGS = 'set enable_seqscan = off; set jit = off'

interface DatabaseOptions {
  readonly address: Address
  /** The caller's own pool: it is used as it is, and not closed. */
  readonly pool?: Pool | undefined
  /** Whether connections keep what is set on them; behind a pooler in transaction mode they do not. */
  readonly sessions: boolean
  readonly self: string
  readonly clock: Clock | undefined
}

/** The connections of one process to its database. */
export class Database {
  readonly address: Address
  readonly session: Session
  readonly #pool: Pool
  readonly #owned: boolean
  readonly #clients = new Set<PoolClient>()
  #closed = false

  constructor({ address, pool, sessions, self, clock }: DatabaseOptions) {
    this.address = address
    this.#owned = pool === undefined
    this.#pool = pool ?? openPool(address, sessions)
    // An idle connection that breaks is replaced by the pool: nobody has lost anything.
    this.#pool.on('error', ignore)
    if (this.#owned) {
      this.#pool.on('connect', (made) => this.#clients.add(made))
      this.#pool.on('remove', (gone) => this.#clients.delete(gone))
    }
    const { schema, location } = address
    const prepares = this.#owned && sessions
    const client = { query: (...given: unknown[]) => this.#ready().query(...(given as [string])) }
    this.session = new Session(client, {
      schema,
      location,
      self,
      clock,
      prepares,
      answerMs: ANSWER_TIMEOUT_MS,
    })
  }

  /** Runs `body` in one transaction on a connection of its own. */
  async transaction<Result>(
    body: (client: PoolClient, session: Session) => Promise<Result>,
  ): Promise<Result> {
    const client = await this.#connect()
    const session = this.session.on(client)
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      await session.run('begin')
      const result = await body(client, session)
      await session.run('commit')
      return result
    } catch (error) {
      // Where the connection is gone, so is the transaction; a server that does not answer is not asked again.
      if (isLost(error)) broken ??= asError(error)
      else await session.run('rollback').catch(onError)
      if (!broken) throw error
      throw new TransientError(broken.message, { cause: error, away: true })
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
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
    return Math.max(1, Math.floor(this.#pool.options.max * TRANSACTIONS_SHARE))
  }

  #ready(): Pool {
    this.requireOpen()
    return this.#pool
  }

  async #connect(): Promise<PoolClient> {
    try {
      const connected = this.#ready().connect()
      return await (this.session.clock?.during?.(connected) ?? connected)
    } catch (error) {
      throw this.session.translate(error)
    }
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

/** Whether the connection is known to be of no use. Not by what else an error says: it may be of the body's own. */
function isLost(error: unknown): boolean {
  return error instanceof TransientError ? error.away : asError(error).message === 'Query read timeout'
}

function ignore(): void {}
