import { sleep, systemClock, type Timer, within } from '../../kit/clock.ts'
import { asError } from '../../kit/error.ts'
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
 * Wakes those of this process who sleep, when another process has written what they wait for.
 *
 * A notification takes a lock at commit, so that none is sent in vain. A process signs on, in `millhand.listeners`, with
 * the kinds that somebody in it sleeps for; whoever writes looks there, and notifies only if it finds another process
 * there. What was signed lapses, so that it is renewed as long as somebody sleeps, and taken back when nobody does.
 *
 * Notifications come on a connection that the process keeps: made when somebody first listens, and anew when it breaks.
 * Nobody relies on them: whoever sleeps wakes by its own timer, too.
 */
export class Notices {
  readonly #database: Database
  readonly #self: string
  readonly #onDeaf: (error: Error) => void
  readonly #listeners = { ready: new Set<() => void>(), changed: new Set<() => void>() }
  readonly #closed = new AbortController()
  /** Not that of whoever was the first to listen: the connection outlives him. */
  readonly #scope = new Scope()
  /** The connection on which notifications come, while there is one. */
  #kept: Kept | undefined
  /** Set while this process signs on or off: it does so once at a time. */
  #signing: Promise<void> | undefined
  /** The kinds that this process is signed on for; its connection listens for the same. */
  #heard: readonly NoticeKind[] = []
  /**
   * Kinds that are new among them. A transaction that looked for listeners before this process signed on, and commits after,
   * notifies nobody: for these kinds all are woken once more, a little later.
   */
  #wokenAgain: readonly NoticeKind[] = []
  #renewal: Timer | undefined

  /** @param onDeaf hears what will not pass by itself: as long as it is so, whoever sleeps wakes by its own timer alone */
  constructor(database: Database, self: string, onDeaf: (error: Error) => void) {
    this.#database = database
    this.#self = self
    this.#onDeaf = onDeaf
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

  /** The kinds that somebody sleeps for. */
  get #wanted(): readonly NoticeKind[] {
    return KINDS.filter((kind) => this.#listeners[kind].size > 0)
  }

  /** Connects and signs on, however often it takes. Then all are woken, for what was written before that. */
  async #open(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS
    // Whoever asks the database in this very turn gets the connection that is idle: signing on can wait for another one.
    await nextTurn()
    while (!this.#closed.signal.aborted) {
      try {
        this.#kept ??= await this.#connect()
        const before = this.#heard
        await this.#signOn(this.#kept, union(before, this.#wanted))
        this.#wokenAgain = this.#heard.filter((kind) => !before.includes(kind))
        break
      } catch (error) {
        if (isTransient(error)) this.#drop()
        else this.#onDeaf(asError(error))
        await sleep(systemClock, backoffMs, this.#closed.signal)
        backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)
      }
    }
    this.#signing = undefined
    this.#renew(LINGER_MS)
    this.#tell(this.#wokenAgain)
    this.#signOnForMore()
  }

  /** Signs on for what is wanted and not heard yet: somebody may have begun to listen while the process signed on. */
  #signOnForMore(): void {
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

  /** The connection has broken: another one is made. */
  #lose(): void {
    this.#kept = undefined
    this.#heard = []
    this.#signOnForMore()
  }

  /**
   * Signs on for exactly these kinds; off, where there are none. It says so on the connection that listens, which shows
   * that it is alive: else nobody would ever find out that nothing comes on it any more.
   */
  #signOn(kept: Kept, kinds: readonly NoticeKind[]): Promise<void> {
    return kept.take(async (client) => {
      const session = this.#database.session.on(client, { answerMs: ANSWER_TIMEOUT_MS })
      const more = kinds.filter((kind) => !this.#heard.includes(kind))
      const less = this.#heard.filter((kind) => !kinds.includes(kind))
      for (const kind of more) await session.run(`listen "{${kind}}"`)
      if (kinds.length === 0) await session.at(SIGN_OFF)
      else await session.at(SIGN_ON, kinds)
      for (const kind of less) await session.run(`unlisten "{${kind}}"`)
      if (this.#kept === kept) this.#heard = kinds
    })
  }

  #channelOf(kind: NoticeKind): string {
    return channelOf(this.#database.address.schema, kind)
  }

  /**
   * Signs on again after a while for what is wanted by then, or off. It does not keep the process: whoever sleeps has a
   * timer of its own, and what a process that is gone was signed on for lapses.
   */
  #renew(delayMs: number): void {
    this.#renewal?.cancel()
    this.#renewal = systemClock.timer(delayMs, () => {
      const kept = this.#kept
      if (kept && !this.#closed.signal.aborted) this.#signing ??= this.#renewNow(kept)
    })
    this.#renewal.unref?.()
  }

  /** Gives up the connection, since what was asked on it may be answered late; whatever failed is tried on another one. */
  #drop(): void {
    this.#kept?.close()
    this.#kept = undefined
  }

  async #renewNow(kept: Kept): Promise<void> {
    try {
      await this.#signOn(kept, this.#wanted)
      this.#tell(this.#wokenAgain)
      this.#wokenAgain = []
    } catch (error) {
      if (isTransient(error)) this.#drop()
      else this.#onDeaf(asError(error))
    }
    this.#signing = undefined
    this.#signOnForMore()
    if (this.#heard.length > 0) this.#renew(this.#heard.length > this.#wanted.length ? LINGER_MS : RENEW_MS)
  }

  /** Wakes whoever sleeps for one of these. */
  #tell(kinds: readonly NoticeKind[]): void {
    for (const kind of kinds) {
      for (const listener of [...this.#listeners[kind]]) listener()
    }
  }
}

function union(some: readonly NoticeKind[], others: readonly NoticeKind[]): readonly NoticeKind[] {
  return KINDS.filter((kind) => some.includes(kind) || others.includes(kind))
}
