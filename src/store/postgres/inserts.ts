import { readGates as gatesOf } from '../../job/job-gates.ts'
import type { NewJob } from '../../job/new-job.ts'
import { orderRule, standingOf } from '../../job/order.ts'
import { gatesWithin } from '../../job/queue-gates.ts'
import { ALL_QUEUES } from '../../job/queue-limits.ts'
import { heldTo, type SizeLimit } from '../../job/queue-settings.ts'
import type { Inserted } from '../jobs.ts'
import { Placement } from '../placement.ts'
import type { Room } from '../room.ts'
import type { Database } from './database.ts'
import { noteOpenings, readGates, reopen } from './gates.ts'
import { insert, type Stored } from './insert.ts'
import type { LanedJob } from './job-values.ts'
import { insertByRules } from './keyed/rules.ts'
import type { Lanes } from './lanes.ts'
import { type KnownOrders, place } from './order.ts'
import type { Session } from './session.ts'
import { keepWithin, pendingIn, type SettingsByQueue, settingsOf, sizesIn } from './size.ts'

interface InsertsParts {
  readonly database: Database
  readonly lanes: Lanes
  readonly room: Room
  readonly orders: KnownOrders
}

/** What of the jobs has to be counted, and up to where. */
interface Count {
  readonly uncounted: readonly string[]
  readonly pendingMax: number
  /** Sizes that queues have of their own, as this transaction has seen them. */
  readonly limits: readonly SizeLimit[]
  /** Queues that have an order of their own. */
  readonly orders: ReadonlySet<string>
}

interface Placed {
  readonly jobs: readonly LanedJob[]
  /** When gates open by themselves at which some of them wait. */
  readonly openings: ReadonlyMap<string, number>
}

/** Queues with settings of their own that a process keeps in mind. */
const SET_MAX = 10_000

/** Stores new jobs where their queues have room for them. */
export class Inserts {
  readonly #database: Database
  readonly #lanes: Lanes
  readonly #room: Room
  readonly #set = new Set<string>()
  readonly #orders: KnownOrders

  constructor({ database, lanes, room, orders }: InsertsParts) {
    this.#orders = orders
    this.#database = database
    this.#lanes = lanes
    this.#room = room
  }

  /** By itself: in a transaction only where a queue has to be counted, or a job says what becomes of its key. @throws MillhandError `queue_full` */
  async insert(given: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    const jobs = await this.#laned(given)
    const queues = [...queuesOf(jobs), ALL_QUEUES]
    const uncounted = this.#room.take(jobs, pendingMax)
    const takesMore = uncounted.length > 0 || queues.some((queue) => this.#set.has(queue))
    if (!takesMore && !jobs.some(hasRule)) {
      const { session } = this.#database
      const placed = await placedIn(session, jobs)
      const done = await insert(session, placed.jobs, queues)
      if (done !== 'unseen') return openingLater(session, placed, done.inserted)
    }
    return this.#insertSeen(jobs, { uncounted, pendingMax })
  }

  /** In a transaction that sees what is set for the queues. */
  async #insertSeen(
    jobs: readonly LanedJob[],
    count: Pick<Count, 'uncounted' | 'pendingMax'>,
  ): Promise<Inserted[]> {
    const queues = queuesOf(jobs)
    const done = await this.#database.transaction(async (_, session) => {
      const settings = await settingsOf(session, queues, { locks: true })
      this.#remember([...queues, ALL_QUEUES], settings)
      const placed = await placedIn(session, withQueueGates(jobs, settings), settings)
      const inserted = await this.#counting(session, placed.jobs, { ...count, ...seenIn(settings) })
      return { placed, inserted }
    })
    return openingLater(this.#database.session, done.placed, done.inserted)
  }

  /** In a transaction that is open, and has to be undone where this throws. @throws MillhandError `queue_full` */
  async insertIn(session: Session, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    const laned = await this.#laned(jobs, session)
    const queues = queuesOf(jobs)
    const settings = await settingsOf(session, queues, { locks: false })
    this.#remember([...queues, ALL_QUEUES], settings)
    return this.#counting(session, withQueueGates(laned, settings), {
      uncounted: this.#room.take(jobs, pendingMax),
      pendingMax,
      ...seenIn(settings),
    })
  }

  /** Only for speed: a setting that is not known is met by the statement itself. */
  #remember(queues: readonly string[], settings: SettingsByQueue): void {
    if (this.#set.size > SET_MAX) this.#set.clear()
    for (const queue of queues) this.#set.delete(queue)
    for (const queue of settings.keys()) this.#set.add(queue)
    for (const queue of queues) this.#orders.learn(queue, orderRule(settings.get(queue) ?? {}))
  }

  async #laned(jobs: readonly NewJob[], within?: Session): Promise<LanedJob[]> {
    const lanes = await this.#lanes.of(jobs, within)
    return jobs.map((job, index) => ({ ...job, lane: lanes[index] as number }))
  }

  /** Only queues that got something: what is stored already, and asked for again, needs no room. */
  async #counting(
    session: Session,
    jobs: readonly LanedJob[],
    { uncounted, pendingMax, limits, orders }: Count,
  ): Promise<Inserted[]> {
    const { inserted, stored } = await insertSeen(session, jobs)
    await place(session, placedAmong(jobs, { inserted, stored, orders }))
    const arrived = jobs.filter(({ id }) => stored.has(id))
    const filled = new Set(queuesOf(arrived))
    const own = new Set(limits.map(({ queue }) => queue))
    const counted = uncounted.filter((queue) => filled.has(queue) && !own.has(queue))
    const pending = await pendingIn(session, counted)
    for (const queue of counted) this.#room.counted(queue, pending.get(queue) ?? 0, pendingMax)
    await keepWithin(session, limits, arrived)
    return inserted
  }
}

/** What cannot pass its gates waits there from the beginning; in a caller's transaction a claim sees to that. */
async function placedIn(
  session: Session,
  jobs: readonly LanedJob[],
  settings: SettingsByQueue = new Map(),
): Promise<Placed> {
  const names = new Set(jobs.flatMap(({ limits }) => gatesOf(limits).map(({ gate }) => gate)))
  if (names.size === 0) return { jobs, openings: new Map() }
  const gates = await readGates(session, [...names])
  const placement = new Placement(gates, gates.nowMs)
  const placed = jobs.map((job) => {
    const dueAt = job.runAtMs ?? gates.nowMs + job.delayMs
    if (job.limits === null || dueAt > gates.nowMs) return job
    const { rank } = standingOf({ ...job, dueAt }, orderRule(settings.get(job.queue) ?? {}))
    return { ...job, gate: placement.gateOf({ ...job, priority: rank }) }
  })
  return { jobs: placed, openings: placement.openings }
}

async function openingLater(session: Session, placed: Placed, inserted: Inserted[]): Promise<Inserted[]> {
  await noteOpenings(session, placed.openings)
  const gates = gatesOfNobody(placed, inserted)
  // What fails is seen to by the leader.
  if (gates.length > 0) await reopen(session, gates).catch(() => 0)
  return inserted
}

/** Gates at which others of the call wait behind one that was not stored, since its key is held: that is not known before. */
function gatesOfNobody({ jobs }: Placed, inserted: readonly Inserted[]): string[] {
  const waitedAt = new Set(jobs.map(({ gate }) => gate))
  const absent = jobs.filter((_, index) => inserted[index]?.existed && !inserted[index].replaced)
  const gates = absent.flatMap(({ limits }) => gatesOf(limits).map(({ gate }) => gate))
  return [...new Set(gates)].filter((gate) => waitedAt.has(gate)).sort()
}

function seenIn(settings: SettingsByQueue): Pick<Count, 'limits' | 'orders'> {
  const ordered = [...settings].filter(([, each]) => orderRule(each) !== null)
  return { limits: sizesIn(settings), orders: new Set(ordered.map(([queue]) => queue)) }
}

/** The jobs with the gates that their queues give them; most have none. */
function withQueueGates(jobs: readonly LanedJob[], settings: SettingsByQueue): readonly LanedJob[] {
  return jobs.map((job) => {
    const limits = gatesWithin(
      job.limits,
      heldTo(job.queue, (queue) => settings.get(queue)),
    )
    return limits === job.limits ? job : { ...job, limits }
  })
}

/** In a transaction that has seen what is set for the queues. */
async function insertSeen(session: Session, jobs: readonly LanedJob[]): Promise<Stored> {
  if (jobs.some(hasRule)) return insertByRules(session, jobs)
  const done = await insert(session, jobs, [])
  if (done === 'unseen') throw new Error('all queues were seen')
  return done
}

/** The ids of those that were stored, or replaced another one, and that wait by an order of their queue's own. */
function placedAmong(
  jobs: readonly LanedJob[],
  { inserted, stored, orders }: Stored & Pick<Count, 'orders'>,
): string[] {
  if (orders.size === 0) return []
  return jobs.flatMap(({ id, queue }, index) => {
    const answer = inserted[index]
    if (!orders.has(queue) || !answer) return []
    return stored.has(id) || answer.replaced ? [answer.id] : []
  })
}

function hasRule({ keyRule }: NewJob): boolean {
  return keyRule !== undefined
}

function queuesOf(jobs: readonly NewJob[]): string[] {
  return [...new Set(jobs.map(({ queue }) => queue))]
}
