import type { Pool, PoolClient } from 'pg'
import { unlessAborted } from '../../../kit/abort.ts'
import { type Clock, systemClock, within } from '../../../kit/clock.ts'
import { asError, type MillhandError } from '../../../kit/error.ts'
import { Scope } from '../../../kit/scope.ts'
import { isTransient, storeError, TransientError } from '../../errors.ts'
import type { Address } from './address.ts'
import { translateConnecting } from './faults.ts'
import { Kept } from './kept.ts'
import { CONNECT_TIMEOUT_MS, connectBeside, openPool } from './pool.ts'

/** A server that took no more connections is not asked for one again before this, by who has one. */
const CROWDED_MS = 1_000
/** Statements that are under way get so long to end when the store is closed. */
const CLOSE_MS = 3_000

interface ConnectionsOptions {
  readonly address: Address
  /** The caller's own pool: it is used as it is, and not closed. */
  readonly pool?: Pool | undefined
  /** Whether connections keep what is set on them; behind a pooler in transaction mode they do not. */
  readonly sessions: boolean
  readonly clock: Clock | undefined
}

/** Why a connection is of no use any more, if it is: then nobody else gets it. */
export interface Health {
  broken?: Error
  /** It is the one that is kept, on which the process hears its notices. */
  kept?: boolean
}

export type Work<Result> = (client: PoolClient, health: Health) => Promise<Result>

/**
 * The connections of one process: those of a pool, made when they are needed and closed when they are not, and one that
 * is kept once it is notified. A server that takes no more leaves such a process slow, and not without any.
 */
export class Connections {
  /** How many there are at most. */
  readonly most: number
  readonly #options: ConnectionsOptions
  readonly #pool: Pool
  readonly #owned: boolean
  readonly #clients = new Set<PoolClient>()
  /** The pool makes connections when they are first needed, and asks functions of the caller's how: not in the scope of whoever needs one. */
  readonly #scope = new Scope()
  #kept: Kept<PoolClient> | undefined
  #crowdedUntilMs = Number.NEGATIVE_INFINITY
  #closed = false
  /** Aborts when there will be no connection any more: a pool that has ended leaves who waits for one without a word. */
  readonly #over = new AbortController()

  constructor(options: ConnectionsOptions) {
    const { address, pool, sessions } = options
    this.#options = options
    this.#owned = pool === undefined
    this.#pool = pool ?? openPool(address, { sessions, isModest: () => this.#kept !== undefined })
    this.most = this.#pool.options.max
    // An idle connection that breaks is replaced by the pool: nobody has lost anything.
    this.#pool.on('error', ignore)
    if (this.#owned) {
      this.#pool.on('connect', (made) => this.#clients.add(made))
      this.#pool.on('remove', (gone) => this.#clients.delete(gone))
    }
  }

  /** Lends one for what is over soon. */
  borrow<Result>(work: Work<Result>): Promise<Result> {
    const kept = this.#kept
    return kept?.isFree ? through(kept, work) : this.borrowLong(work)
  }

  /** Lends one for as long as the caller's code likes: the one that is kept only where there is no other. */
  async borrowLong<Result>(work: Work<Result>, signal?: AbortSignal): Promise<Result> {
    const lent = await this.#lend(signal)
    if (lent instanceof Kept) return through(lent, work)
    return watched(lent, work, (broken) => this.#scope.run(() => lent.release(broken)))
  }

  /** One to be notified on until it breaks: of the pool, or, where that is the caller's, beside it. */
  async keep(onClose: () => void, answerMs: number): Promise<Kept> {
    if (!this.#owned) {
      const client = await connectBeside(this.#options.address, answerMs)
      return new Kept(client, () => {
        client.end().catch(ignore)
        onClose()
      })
    }
    const client = await this.#fromPool()
    const kept = new Kept(client, () => {
      if (this.#kept === kept) this.#kept = undefined
      client.release(true)
      onClose()
    })
    this.#kept = kept
    return kept
  }

  /** @throws MillhandError `store_closed` */
  requireOpen(): void {
    if (this.#closed) throw this.#closedError()
  }

  #closedError(): MillhandError {
    return storeError('store_closed', { location: this.#options.address.location })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (!this.#owned) return void this.#pool.off('error', ignore)
    await within(CLOSE_MS, this.#pool.end())
    this.#over.abort(this.#closedError())
    // A server that does not answer must not hold whoever closes.
    for (const client of this.#clients) client.end().catch(ignore)
  }

  async #lend(signal?: AbortSignal): Promise<PoolClient | Kept<PoolClient>> {
    const kept = this.#kept
    const isCrowded = systemClock.elapsed() < this.#crowdedUntilMs && this.#pool.idleCount === 0
    if (kept && isCrowded) return kept
    try {
      const connected = this.#fromPool(signal)
      return await (this.#options.clock?.during?.(connected) ?? connected)
    } catch (thrown) {
      // What ends the wait is the caller's own word.
      if (signal?.aborted) throw thrown
      const error = translateConnecting(thrown, this.#options.address.location)
      if (!isTransient(error) || !error.crowded || !this.#kept) throw error
      this.#crowdedUntilMs = systemClock.elapsed() + CROWDED_MS
      return this.#kept
    }
  }

  /** Waits for a connection, but not for ever: the caller may have all of his own pool in his hands. */
  async #fromPool(signal?: AbortSignal): Promise<PoolClient> {
    this.requireOpen()
    let settled = false
    const lent = this.#scope
      .run(() => this.#pool.connect())
      .finally(() => {
        settled = true
      })
    // One signal made of both would stay with the pool, one more with each transaction: Node forgets none while the other lives.
    const unlessOver = unlessAborted(lent, this.#over.signal)
    await within(CONNECT_TIMEOUT_MS, unlessAborted(unlessOver, signal))
    if (settled) return lent
    lent.then((late) => late.release(), ignore)
    signal?.throwIfAborted()
    this.#over.signal.throwIfAborted()
    const all = this.most === 1 ? 'The only connection' : `All ${this.most} connections`
    throw new TransientError(`${all} of the pool have been in use for ${CONNECT_TIMEOUT_MS} ms`)
  }
}

function through<Result>(kept: Kept<PoolClient>, work: Work<Result>): Promise<Result> {
  const marked: Work<Result> = (client, health) => {
    health.kept = true
    return work(client, health)
  }
  return kept.take((client) => watched(client, marked, (broken) => broken && kept.close()))
}

/** Uses a connection for a while. One that broke meanwhile does not go back to the others. */
async function watched<Result>(
  client: PoolClient,
  work: Work<Result>,
  giveBack: (broken: Error | undefined) => void,
): Promise<Result> {
  const health: Health = {}
  const onError = (error: Error) => breakDown(health, error)
  client.on('error', onError)
  try {
    return await work(client, health)
  } finally {
    client.off('error', onError)
    giveBack(health.broken)
  }
}

export function breakDown(health: Health, error: unknown): void {
  health.broken ??= asError(error)
}

function ignore(): void {}
