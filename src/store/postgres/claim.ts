import { mayReplace } from '../../job/key.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { Settlement } from '../../job/outcome.ts'
import type { Clock } from '../../kit/clock.ts'
import { isTransient } from '../errors.ts'
import type { ClaimedJob, ClaimRequest, Place, Served } from '../jobs.ts'
import { type Choice, claimAccepted } from './claiming/candidates.ts'
import { Doubts } from './claiming/doubts.ts'
import { type NextDue, nextDueAt } from './claiming/due.ts'
import { type Filling, type Found, type Kind, NOTHING, restOf } from './claiming/filling.ts'
import { before, Heads } from './claiming/heads.ts'
import { toHeld } from './claiming/held.ts'
import { type Due, type LanePlace, NOTHING_SEEN, type Seen, whenPromoted } from './claiming/look.ts'
import { comesBackAtOnce } from './claiming/returns.ts'
import { boundsOf, fits, keyOf } from './claiming/served.ts'
import { claim, type Where } from './claiming/statements.ts'
import type { Lanes } from './lanes.ts'
import type { KnownOrders } from './order.ts'
import type { Session } from './session.ts'

/** A claim begins where the last one ended, and looks at everything at least this often. */
const LOOK_INTERVAL_MS = 500
/** Looking at everything may take at most this share of the time: under an old snapshot it walks all dead entries. */
const LOOK_SHARE = 0.05
/** Claims in known lanes for one that is asked for: each brings something, or better knowledge of where to look. */
const ROUNDS_MAX = 6
/** Before whatever may become due. */
const NOTHING_DUE: Due = { dueAt: 0, seq: 0 }

interface ClaimsParts {
  readonly session: Session
  readonly clock: Clock
  readonly lanes: Lanes
  readonly orders: KnownOrders
  /** Names this process. */
  readonly self: string
}

/**
 * The claims of one process: where in each lane the last one ended, and which calls got no answer.
 *
 * While somebody holds an old snapshot, PostgreSQL keeps every entry of what was claimed since. A claim that began at
 * the top would walk them all, each time more.
 */
export class Claims {
  readonly #session: Session
  readonly #clock: Clock
  readonly #lanes: Lanes
  readonly #orders: KnownOrders
  readonly #self: string
  readonly #doubts: Doubts
  /** What is known of the lanes that a worker serves, by what it serves. */
  readonly #heads = new Map<string, { readonly served: Served; readonly heads: Heads }>()
  #calls = 0
  /** What comes before has become ready, as far as the last look at everything could see. */
  #due = NOTHING_DUE
  #lookAtMs = Number.NEGATIVE_INFINITY
  /** The store's time at the last claim: what is enqueued later is not due before. */
  #atMs = 0
  #seen: Seen = NOTHING_SEEN

  constructor({ session, clock, lanes, orders, self }: ClaimsParts) {
    this.#orders = orders
    this.#session = session
    this.#clock = clock
    this.#lanes = lanes
    this.#self = self
    this.#doubts = new Doubts(session, clock)
  }

  /** What the last look has seen of gates. */
  get seen(): Seen {
    return this.#seen
  }

  /** A place that no ready job comes before that has no gates to pass; `undefined` where there is none. */
  async firstPlace(request: ClaimRequest): Promise<Place | undefined> {
    const known = () => this.#heads.get(keyOf(request))?.heads
    if (!known() || this.#clock.elapsed() >= this.#lookAtMs)
      await this.#look({ ...request, limit: 0 }, { class: 1, heedsApart: false })
    return known()?.first
  }

  /** What comes back at once may come before the places where the last claims ended. */
  settled(settlements: readonly Settlement[]): void {
    if (settlements.some(comesBackAtOnce)) this.reset()
  }

  /** Something may have come before those places. */
  reset(): void {
    this.#heads.clear()
  }

  /** Whether any of them is in a queue of an order of its own, as far as this process has seen. */
  areOrdered(jobs: readonly NewJob[]): boolean {
    return jobs.some((job) => this.#orders.has(job))
  }

  /** New jobs: a better one than those among which a claim ended comes before that place. */
  inserted(jobs: readonly NewJob[]): void {
    // One that is replaced, or in an order of its own, may come before any place, in any lane.
    if (jobs.some(mayReplace) || this.areOrdered(jobs)) this.reset()
    if (this.#heads.size === 0) return
    for (const { job, after } of boundsOf(jobs, this.#atMs)) {
      const lane = this.#lanes.known(job)
      if (lane === undefined) {
        this.reset()
        return
      }
      for (const { served, heads } of this.#heads.values())
        if (fits(served, job)) heads.lower({ lane, after })
    }
  }

  async claim(request: ClaimRequest): Promise<ClaimedJob[]> {
    if (request.limit <= 0) return []
    const adopted = await this.#doubts.adopt(request.worker)
    if (adopted.length > 0) return adopted
    // Whether one waits that has to run alone is known with what the claim brings anyway.
    const first = await this.#search(request, { class: 1, heedsApart: request.takesAlone })
    if (!first.apart) return first.jobs
    const alone = { ...request, limit: 1, begins: 1 }
    const { jobs } = await this.#search(alone, { class: 2, heedsApart: false })
    if (jobs.length > 0) return jobs
    return (await this.#search(request, { class: 1, heedsApart: false })).jobs
  }

  /** When the next job becomes ready, as far as it is not known to be so. */
  nextDueAt(): Promise<NextDue> {
    return nextDueAt(this.#session, this.#due)
  }

  async #search(request: ClaimRequest, kind: Kind): Promise<Found> {
    const { accepts = request.after && (() => true) } = request
    if (accepts) return this.#choose({ ...request, accepts }, kind)
    if (this.#clock.elapsed() >= this.#lookAtMs) this.reset()
    const known = kind.class === 1 ? this.#heads.get(keyOf(request)) : undefined
    const found = known ? await this.#fill(known.heads, { request, kind, jobs: [] }) : NOTHING
    return found.jobs.length > 0 || found.apart ? found : this.#look(request, kind)
  }

  async #choose(request: Choice['request'], kind: Kind): Promise<Found> {
    const call = this.nextCall()
    return this.orDoubt(request, call, async () => {
      const chosen = await claimAccepted(this.#session, { request, call, ...kind, due: NOTHING_DUE })
      this.#due = chosen.due
      this.#seen = chosen.seen
      return chosen
    })
  }

  /** From the top, and then in the lanes that were found, as long as there is room. */
  async #look(request: ClaimRequest, kind: Kind): Promise<Found> {
    const startMs = this.#clock.elapsed()
    const heads = new Heads()
    if (kind.class === 1) this.#heads.set(keyOf(request), { served: request, heads })
    this.#due = NOTHING_DUE
    const { jobs, apart, note } = await heads.during(() => this.#claim(request, kind, () => undefined))
    // One without a lease was shown nothing: that says nothing of what is there.
    if (!note.alive) {
      this.reset()
      return { jobs, apart }
    }
    const nowMs = this.#clock.elapsed()
    this.#lookAtMs = nowMs + Math.max(LOOK_INTERVAL_MS, (nowMs - startMs) / LOOK_SHARE)
    return apart ? { jobs, apart } : this.#fill(heads, { request, kind, jobs, full: note.more })
  }

  /** In lanes that are known, until nothing more is wanted or known to be there. What it has, it does not lose to a fault. */
  async #fill(heads: Heads, { request, kind, jobs: before, full = false }: Filling): Promise<Found> {
    const jobs = [...before]
    for (let round = 0; round < ROUNDS_MAX && heads.size > 0 && !full; round += 1) {
      const rest = restOf(request, jobs)
      if (rest.limit <= 0) break
      const heeding = { ...kind, heedsApart: kind.heedsApart && jobs.length === 0 }
      try {
        const found = await this.#visit(heads, rest, heeding)
        if (found.apart) return found
        if (!found.note.alive) {
          this.reset()
          break
        }
        jobs.push(...found.jobs)
        full = found.note.more
      } catch (error) {
        if (jobs.length === 0) throw error
        break
      }
    }
    return { jobs, apart: false }
  }

  #visit(heads: Heads, request: ClaimRequest, kind: Kind) {
    return heads.during(() =>
      this.#claim(request, kind, (promoted) => {
        for (const place of promoted) this.#promoted(place)
        return heads.visits(request.limit)
      }),
    )
  }

  /** A lane that is not served is passed over when it is looked into. */
  #promoted(place: LanePlace): void {
    for (const { heads } of this.#heads.values()) heads.lower({ lane: place[0], after: before(place) })
  }

  #claim(request: ClaimRequest, kind: Kind, where: (promoted: readonly LanePlace[]) => Where) {
    const call = this.nextCall()
    return this.orDoubt(request, call, async () => {
      let place: Where
      const { rows, note, due } = await whenPromoted(this.#due, (promoting, promoted) => {
        place = where(promoted)
        return claim(this.#session, request, { ...kind, ...promoting, where: place, call })
      })
      this.#due = due
      this.#atMs = note.atMs
      this.#seen = note
      return {
        jobs: note.taken ? toHeld(rows, note.taken) : [],
        apart: note.apart,
        note,
        where: place,
        limit: request.limit,
      }
    })
  }

  /** Names a call. */
  nextCall(): string {
    this.#calls += 1
    return `${this.#self}-${this.#calls}`
  }

  /** Remembers a call that got no answer: it may have been written. */
  async orDoubt<Result>(
    { worker }: ClaimRequest,
    call: string,
    claim: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await claim()
    } catch (error) {
      if (isTransient(error)) this.#doubts.add(worker, call)
      throw error
    }
  }
}
