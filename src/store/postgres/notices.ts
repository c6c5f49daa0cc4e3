import { sleep, systemClock, type Timer, within } from '../../kit/clock.ts'
import { Scope } from '../../kit/scope.ts'
import { nextTurn } from '../../kit/turn.ts'
import { isTransient } from '../errors.ts'
import type { NoticeKind } from '../store.ts'
import type { Kept } from './connection/kept.ts'
import type { Database } from './database.ts'
import { channelOf } from './session.ts'
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

/** What the process sleeps for: whoever writes notifies nobody who would not be woken by that. */
const SIGN_ON = `insert into millhand.listeners (id, lease_until, ready, changed)
  values ('{self}', ${NOW} + ${LEASE_MS}, 'ready' = any($2::text[]), 'changed' = any($2::text[]))
  on conflict (id) do update set lease_until = excluded.lease_until, ready = excluded.ready, changed = excluded.changed`

const SIGN_OFF = `with lapsed as (delete from millhand.listeners where lease_until <= ${NOW})
  delete from millhand.listeners where id = '{self}'`

const KINDS: readonly NoticeKind[] = ['ready', 'changed']

/**
 * Hears what other processes write. Whoever writes notifies only while somebody is signed on as asleep for that, since
 * a notification takes a lock at commit. On a connection that the process keeps, taken when it is first needed and
 * again when it breaks. A hint only: whoever sleeps wakes by its own timer, too.
 */
export class Notices {
  readonly #database: Database
  readonly #self: string
  readonly #listeners = { ready: new Set<() => void>(), changed: new Set<() => void>() }
  readonly #closed = new AbortController()
  /** The connection outlives whoever was the first to listen. */
  readonly #scope = new Scope()
  #kept: Kept | undefined
  /** What is said to the server goes one after the other. */
  #signing: Promise<void> | undefined
  /** What the process is signed on for, and the connection listens to. */
  #heard: readonly NoticeKind[] = []
  /** Whoever wrote before it signed on, and commits after, has not notified: it looks once more for that. */
  #looksAgain: readonly NoticeKind[] = []
  #renewal: Timer | undefined

  constructor(database: Database, self: string) {
    this.#database = database
    this.#self = self
  }

  listen(kind: NoticeKind, onNotice: () => void): () => void {
    this.#listeners[kind].add(onNotice)
    if (!this.#heard.includes(kind)) this.#signing ??= this.#scope.run(() => this.#open())
    return () => void this.#listeners[kind].delete(onNotice)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    for (const kind of KINDS) this.#listeners[kind].clear()
    this.#renewal?.cancel()
    const goodbye = async () => {
      await this.#signing
      if (this.#kept && this.#heard.length > 0) await this.#signOn(this.#kept, [])
    }
    // What fails here lapses by itself.
    await within(CLOSE_MS, goodbye())
    this.#kept?.close()
  }

  /** What somebody sleeps for. */
  get #wanted(): readonly NoticeKind[] {
    return KINDS.filter((kind) => this.#listeners[kind].size > 0)
  }

  /** Connects and signs on, however often it takes; then whoever waits looks for what came before. */
  async #open(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS
    // What is asked in this turn has the connection that is idle: this may wait for another one.
    await nextTurn()
    while (!this.#closed.signal.aborted) {
      try {
        this.#kept ??= await this.#connect()
        const before = this.#heard
        await this.#signOn(this.#kept, union(before, this.#wanted))
        this.#looksAgain = this.#heard.filter((kind) => !before.includes(kind))
        break
      } catch (error) {
        if (isTransient(error)) this.#drop()
        await sleep(systemClock, backoffMs, this.#closed.signal)
        backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)
      }
    }
    this.#signing = undefined
    this.#renew(LINGER_MS)
    this.#tell(this.#looksAgain)
    this.#hearAll()
  }

  /** Somebody may have begun to listen for something else while this one signed on. */
  #hearAll(): void {
    const hears = this.#wanted.every((kind) => this.#heard.includes(kind))
    if (!hears && !this.#closed.signal.aborted) this.#signing ??= this.#open()
  }

  async #connect(): Promise<Kept> {
    const kept = await this.#database.keep(() => this.#lose(), ANSWER_TIMEOUT_MS)
    kept.client.on('notification', ({ channel, payload }) => {
      if (payload !== this.#self) this.#tell(KINDS.filter((kind) => this.#channelOf(kind) === channel))
    })
    return kept
  }

  #lose(): void {
    this.#kept = undefined
    this.#heard = []
    this.#hearAll()
  }

  /** Through the connection that listens: one that is dead without a word would be listened on for ever. */
  #signOn(kept: Kept, kinds: readonly NoticeKind[]): Promise<void> {
    return kept.take(async (client) => {
      const session = this.#database.session.on(client, { answerMs: ANSWER_TIMEOUT_MS })
      const more = kinds.filter((kind) => !this.#heard.includes(kind))
      const less = this.#heard.filter((kind) => !kinds.includes(kind))
      for (const kind of more) await session.run(`listen "${this.#channelOf(kind)}"`)
      if (kinds.length === 0) await session.at(SIGN_OFF)
      else await session.at(SIGN_ON, kinds)
      for (const kind of less) await session.run(`unlisten "${this.#channelOf(kind)}"`)
      if (this.#kept === kept) this.#heard = kinds
    })
  }

  #channelOf(kind: NoticeKind): string {
    return channelOf(this.#database.address.schema, kind)
  }

  /**
   * Says again what somebody sleeps for here, or signs off when nobody has for a while. It does not keep the process:
   * whoever sleeps has a timer of its own, and what a process that is gone was signed on for lapses.
   */
  #renew(delayMs: number): void {
    this.#renewal?.cancel()
    this.#renewal = systemClock.timer(delayMs, () => {
      const kept = this.#kept
      if (kept && !this.#closed.signal.aborted) this.#signing ??= this.#renewNow(kept)
    })
    this.#renewal.unref?.()
  }

  /** Tried again with another connection: what was asked of this one may be answered late. */
  #drop(): void {
    this.#kept?.close()
    this.#kept = undefined
  }

  async #renewNow(kept: Kept): Promise<void> {
    try {
      await this.#signOn(kept, this.#wanted)
      this.#tell(this.#looksAgain)
      this.#looksAgain = []
    } catch (error) {
      if (isTransient(error)) this.#drop()
    }
    this.#signing = undefined
    this.#hearAll()
    if (this.#heard.length > 0) this.#renew(this.#heard.length > this.#wanted.length ? LINGER_MS : RENEW_MS)
  }

  #tell(kinds: readonly NoticeKind[]): void {
    for (const kind of kinds) {
      for (const listener of [...this.#listeners[kind]]) listener()
    }
  }
}

function union(some: readonly NoticeKind[], others: readonly NoticeKind[]): readonly NoticeKind[] {
  return KINDS.filter((kind) => some.includes(kind) || others.includes(kind))
}
