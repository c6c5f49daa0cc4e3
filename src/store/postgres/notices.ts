import pg from 'pg'
import { sleep, systemClock, type Timer, within } from '../../kit/clock.ts'
import { Scope } from '../../kit/scope.ts'
import { type Database, KEEP_ALIVE } from './database.ts'
import { channelOf, type Session } from './session.ts'
import { NOW } from './sql.ts'

/** How long a process counts as asleep without saying so again, and how often it says so. */
const LEASE_MS = 30_000
const RENEW_MS = 10_000
/** Who has just woken up may sleep again soon: until then, to be notified costs less than to sign on anew. */
const LINGER_MS = 1_000
/** After a connection that broke: doubled up to 5 s. */
const FIRST_BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 5_000
/** A server that does not answer for so long is taken for gone. */
const ANSWER_TIMEOUT_MS = 5_000
/** How long closing waits for the connection to say goodbye. */
const CLOSE_MS = 1_000

const SIGN_ON = `insert into millhand.listeners (id, lease_until) values ('{self}', ${NOW} + ${LEASE_MS})
  on conflict (id) do update set lease_until = excluded.lease_until`

const SIGN_OFF = `with lapsed as (delete from millhand.listeners where lease_until <= ${NOW})
  delete from millhand.listeners where id = '{self}'`

/**
 * Hears what other processes write. Whoever writes notifies only while somebody is signed on as asleep, since a
 * notification takes a lock at commit. One connection of its own, made when it is first needed and made again when it
 * breaks. A hint only: whoever sleeps wakes by its own timer, too.
 */
export class Notices {
  readonly #database: Database
  readonly #self: string
  readonly #listeners = new Set<() => void>()
  readonly #closed = new AbortController()
  /** The connection outlives whoever was the first to listen. */
  readonly #scope = new Scope()
  #client: pg.Client | undefined
  #connecting: Promise<void> | undefined
  #signedOn = false
  /** Whoever wrote before it signed on, and commits after, has not notified: it looks once more for that. */
  #looksAgain = false
  #renewal: Timer | undefined

  constructor(database: Database, self: string) {
    this.#database = database
    this.#self = self
  }

  listen(onNotice: () => void): () => void {
    this.#listeners.add(onNotice)
    if (!this.#signedOn || !this.#client) this.#connecting ??= this.#scope.run(() => this.#open())
    return () => void this.#listeners.delete(onNotice)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#listeners.clear()
    this.#renewal?.cancel()
    const goodbye = async () => {
      await this.#connecting
      if (this.#signedOn) await this.#client?.end().then(() => this.#session.at(SIGN_OFF))
    }
    await within(CLOSE_MS, goodbye())
    this.#client?.end().catch(() => {})
  }

  get #session(): Session {
    return this.#database.session
  }

  /** Connects and signs on, however often it takes; then whoever waits looks for what came before. */
  async #open(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS
    while (!this.#closed.signal.aborted) {
      try {
        this.#client ??= await this.#connect()
        await this.#session.at(SIGN_ON)
        this.#signedOn = true
        this.#looksAgain = true
        break
      } catch {
        await sleep(systemClock, backoffMs, this.#closed.signal)
        backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)
      }
    }
    this.#connecting = undefined
    this.#renew(LINGER_MS)
    this.#tell()
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      ...KEEP_ALIVE,
      application_name: 'millhand',
      ...this.#database.address.config,
      connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    })
    client.on('notification', ({ payload }) => payload !== this.#self && this.#tell())
    client.on('error', () => this.#lose(client))
    client.on('end', () => this.#lose(client))
    try {
      await client.connect()
      await client.query(`listen "${channelOf(this.#database.address.schema)}"`)
      return client
    } catch (error) {
      client.end().catch(() => {})
      throw error
    }
  }

  #lose(client: pg.Client): void {
    if (this.#client !== client) return
    this.#client = undefined
    client.end().catch(() => {})
    if (this.#listeners.size > 0 && !this.#closed.signal.aborted) this.#connecting ??= this.#open()
  }

  /** Says again that somebody sleeps here, or signs off when nobody has for a while. */
  #renew(delayMs: number): void {
    this.#renewal?.cancel()
    this.#renewal = systemClock.timer(delayMs, () => void this.#renewNow())
  }

  async #renewNow(): Promise<void> {
    if (this.#closed.signal.aborted || this.#connecting) return
    const asleep = this.#listeners.size > 0
    const client = this.#client
    try {
      // Through the connection that listens: one that is dead without a word would be listened on for ever.
      const session = client ? this.#session.on(client, { answerMs: ANSWER_TIMEOUT_MS }) : this.#session
      await session.at(asleep ? SIGN_ON : SIGN_OFF)
      this.#signedOn = asleep
      if (this.#looksAgain) this.#tell()
      this.#looksAgain = false
    } catch {
      // Tried again with the next renewal; the lease is several of them long.
      if (client) this.#lose(client)
      if (this.#connecting) return
    }
    if (this.#signedOn) this.#renew(this.#listeners.size > 0 ? RENEW_MS : LINGER_MS)
    else if (this.#listeners.size > 0) this.#connecting ??= this.#open()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
