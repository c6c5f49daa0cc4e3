import type { Retention } from '../job/retention.ts'
import { asError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import { onNextTurn } from '../kit/turn.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import type { Leadership } from '../store/upkeep.ts'
import { Gatekeeper } from './gatekeeper.ts'
import { Ticker } from './ticker.ts'
import { expire, place, prune, rescue, runErrands, type UpkeepParts } from './upkeep.ts'

interface MaintenanceParts extends UpkeepParts {
  readonly store: InstrumentedStore
  /** Jobs that a queue takes; a schedule's are refused beyond that. */
  readonly pendingMax: number
}

interface MaintenanceOptions {
  readonly worker: string
  readonly leaseMs: number
  /** How often lapsed leases are looked for, at most; expired jobs are looked for once a lease. */
  readonly rescueMs: number
  readonly pruneMs: number
  readonly crashLimit: number
  readonly retention: Retention
}

/**
 * The leader renews its lease with a tenth of it to spare. The others ask when its lease ends, so that a leader that
 * was killed costs no more than the lease; and before, in case it has resigned.
 */
const LEADER_ROUND = 0.9
const FOLLOWER_ROUND = 0.3

/**
 * After an outage, or when somebody held the write lock, all leases have lapsed at once, though everybody is alive:
 * whoever leads then lets the others beat first, for this share of a lease. It counts if nobody was answered here, or
 * could write, for so long, and a process that stood still if its round came so late: less than that no lease has
 * lapsed of.
 */
const SPARING = 0.5
const OUTAGE = 0.25
const STANDSTILL = 0.5
/** A store that is locked again and again must not keep the dead from being found: so many leases are spared at most. */
const SPARING_MAX = 3

/**
 * What has been settled may wait: a worker that has just begun has better things to ask the store for, and prunes for the first
 * time when it has been there for this share of the interval. Where that is a day, workers may not live that long.
 */
const FIRST_PRUNE = 0.1
const FIRST_PRUNE_MAX_MS = 10_000

/**
 * A rescue that meets a lock is given up after this share of a lease: by the time the lock is gone, those who are alive
 * may have lapsed, and the rescue would take their jobs.
 */
const RESCUE_PATIENCE = 0.1

/**
 * The maintenance of a store: rescue, expire, prune, the schedules, and the gates of limits. Every worker takes part; the one
 * that holds the leader's lease does the work, and when it is gone another one takes over as soon as that lease has lapsed.
 *
 * A lease that is alive cannot lapse before its time, so that the leader sleeps until then instead of asking every
 * second: an idle system stays idle.
 */
export class Maintenance {
  readonly #parts: UpkeepParts
  readonly #rescuing: UpkeepParts
  readonly #options: MaintenanceOptions
  readonly #service: Service
  readonly #ticker: Ticker
  readonly #gatekeeper: Gatekeeper
  #expireAtMs = 0
  #pruneAtMs = 0
  #leads = false
  readonly #stopped = new AbortController()
  readonly #resign: () => Promise<void>
  readonly #stopListening: () => void
  #plannedMs = Number.POSITIVE_INFINITY
  #spareUntilMs = Number.NEGATIVE_INFINITY
  #sparingSinceMs = Number.NEGATIVE_INFINITY
  #missesBeats = false

  constructor(parts: MaintenanceParts, options: MaintenanceOptions) {
    const { store, clock, events, pendingMax } = parts
    // A round that waits for a store that is away ends with the maintenance.
    const within = (limitMs?: number) => ({
      store: store.until(this.#stopped.signal, limitMs),
      clock,
      events,
    })
    this.#parts = within()
    this.#rescuing = within(options.leaseMs * RESCUE_PATIENCE)
    this.#ticker = new Ticker({ ...within(), pendingMax })
    this.#gatekeeper = new Gatekeeper(within())
    this.#resign = () => store.upkeep.resign(options.worker)
    this.#options = options
    this.#stopListening = events.on('store_back', ({ awayMs }) => {
      if (awayMs > options.leaseMs * OUTAGE) this.#spare()
    })
    this.#spareSince(store.blindUntilMs())
    this.#service = new Service({
      name: 'maintenance',
      clock: parts.clock,
      runOnce: () => this.runOnce(),
      onError: (error) => this.#report(error),
    })
  }

  /** A turn later: the worker's first claim goes before, over the connection that is open already. */
  start(): void {
    onNextTurn(() => {
      if (this.#stopped.signal.aborted) return
      const firstPruneMs = Math.min(this.#options.pruneMs * FIRST_PRUNE, FIRST_PRUNE_MAX_MS)
      this.#pruneAtMs = this.#parts.clock.elapsed() + firstPruneMs
      this.#service.start()
      this.#ticker.start()
      this.#gatekeeper.start()
    })
  }

  async stop(): Promise<void> {
    this.#stopListening()
    this.#stopped.abort()
    await this.#ticker.stop()
    await this.#gatekeeper.stop()
    await this.#service.stop()
    const led = this.#leads
    this.#leads = false
    // A courtesy to the others, who need not wait for the end of the lease then: no reason to fail.
    if (led) await this.#resign().catch((error) => this.#report(error))
  }

  /**
   * Whoever cannot beat cannot tell who else could: it does not lead until it beats again, and then lets the others
   * beat, too.
   */
  missed(missed: boolean): void {
    if (this.#missesBeats && !missed) this.#spare()
    this.#missesBeats = missed
  }

  /** One round; gives the delay until the next one, in milliseconds. */
  async runOnce(): Promise<number> {
    const { clock } = this.#parts
    if (clock.elapsed() - this.#plannedMs > this.#options.leaseMs * STANDSTILL) this.#spare()
    const delayMs = await this.#round()
    this.#plannedMs = clock.elapsed() + delayMs
    // Where it is no loop, this round is the only one.
    if (!this.#service.running) await this.#runOthers()
    return delayMs
  }

  async #runOthers(): Promise<void> {
    await this.#ticker.runOnce()
    await this.#gatekeeper.runOnce()
  }

  #elected(leadership: Pick<Leadership, 'leads' | 'nextTickInMs' | 'gatesWait'>): void {
    this.#leads = leadership.leads
    this.#ticker.elected(leadership)
    this.#gatekeeper.elected(leadership)
  }

  async #round(): Promise<number> {
    const { worker, leaseMs, rescueMs, crashLimit } = this.#options
    if (this.#missesBeats) {
      this.#elected({ leads: false })
      return leaseMs * FOLLOWER_ROUND
    }
    const leadership = await this.#parts.store.upkeep.elect(worker, leaseMs)
    const { leads, forMs, idleForMs } = leadership
    this.#elected(leadership)
    if (!leads) return Math.min(Math.max(forMs, 1), leaseMs * FOLLOWER_ROUND)
    const sparingMs = this.#spareUntilMs - this.#parts.clock.elapsed()
    if (sparingMs > 0) return sparingMs
    if (idleForMs !== undefined && this.#untilPruneMs() > 0) return this.#restMs(idleForMs)
    const nextLapseAt = await rescue(this.#rescuing, crashLimit)
    // Workers that have nothing to do see to these at once: where there were some, all may have.
    const ranErrands = await runErrands(this.#parts)
    const moreExpired = await this.#expireInTurn()
    const morePruned = await this.#pruneInTurn()
    if (moreExpired || morePruned) return 0
    if (ranErrands) return rescueMs
    const untilLapseMs = nextLapseAt === null ? leaseMs : nextLapseAt - (await this.#parts.store.now())
    return this.#restMs(untilLapseMs)
  }

  #untilPruneMs(): number {
    return this.#pruneAtMs - this.#parts.clock.elapsed()
  }

  #restMs(untilLapseMs: number): number {
    const { rescueMs, leaseMs } = this.#options
    return Math.max(rescueMs, Math.min(untilLapseMs, this.#untilPruneMs(), leaseMs * LEADER_ROUND))
  }

  #spare(): void {
    this.#spareSince(this.#parts.clock.elapsed())
  }

  #spareSince(atMs: number): void {
    const { leaseMs } = this.#options
    if (atMs > this.#spareUntilMs + leaseMs) this.#sparingSinceMs = atMs
    this.#spareUntilMs = Math.min(atMs + leaseMs * SPARING, this.#sparingSinceMs + leaseMs * SPARING_MAX)
  }

  /** A claim leaves expired jobs alone by itself; this only gives them their final state. */
  async #expireInTurn(): Promise<boolean> {
    const { clock } = this.#parts
    if (clock.elapsed() < this.#expireAtMs) return false
    const unplaced = await place(this.#parts)
    const more = (await expire(this.#parts)) || unplaced
    if (!more) this.#expireAtMs = clock.elapsed() + this.#options.leaseMs
    return more
  }

  /** Prunes in bounded pieces, so that no other write waits long for it. */
  async #pruneInTurn(): Promise<boolean> {
    const { clock } = this.#parts
    if (clock.elapsed() < this.#pruneAtMs) return false
    const more = await prune(this.#parts, this.#options.retention)
    if (!more) this.#pruneAtMs = clock.elapsed() + this.#options.pruneMs
    return more
  }

  #report(error: unknown): void {
    this.#parts.events.emit('loop_error', { loop: 'maintenance', error: asError(error) })
  }
}
