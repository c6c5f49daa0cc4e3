import { readGates as gatesOf } from '../../job/job-gates.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { SizeLimit } from '../../job/queue-settings.ts'
import type { Inserted } from '../jobs.ts'
import { Placement } from '../placement.ts'
import type { Room } from '../room.ts'
import type { Database } from './database.ts'
import { noteOpenings, readGates } from './gates.ts'
import { insert, type Stored } from './insert.ts'
import type { LanedJob } from './job-values.ts'
import { insertByRules } from './keyed/rules.ts'
import type { Lanes } from './lanes.ts'
import type { Session } from './session.ts'
import { keepWithin, limitsOf, pendingIn } from './size.ts'

interface InsertsParts {
  readonly database: Database
  readonly lanes: Lanes
  readonly room: Room
}

/** What of the jobs has to be counted, and up to where. */
interface Count {
  readonly uncounted: readonly string[]
  readonly pendingMax: number
  /** Sizes that queues have of their own, as this transaction has seen them. */
  readonly limits: readonly SizeLimit[]
}

interface Placed {
  readonly jobs: readonly LanedJob[]
  /** When gates open by themselves at which some of them wait. */
  readonly openings: ReadonlyMap<string, number>
}

/** Queues with a size of their own that a process keeps in mind. */
const LIMITED_MAX = 10_000

/** Stores new jobs where their queues have room for them. */
export class Inserts {
  readonly #database: Database
  readonly #lanes: Lanes
  readonly #room: Room
  readonly #limited = new Set<string>()

  constructor({ database, lanes, room }: InsertsParts) {
    this.#database = database
    this.#lanes = lanes
    this.#room = room
  }

  /** By itself: in a transaction only where a queue has to be counted, or a job says what becomes of its key. @throws MillhandError `queue_full` */
  async insert(jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    const placed = await this.#placed(await this.#laned(jobs))
    const inserted = await this.#insert(placed.jobs, pendingMax)
    await noteOpenings(this.#database.session, placed.openings)
    return inserted
  }

  async #insert(jobs: readonly LanedJob[], pendingMax: number): Promise<Inserted[]> {
    const queues = queuesOf(jobs)
    const uncounted = this.#room.take(jobs, pendingMax)
    const takesMore = uncounted.length > 0 || queues.some((queue) => this.#limited.has(queue))
    if (!takesMore && !jobs.some(hasRule)) {
      const done = await insert(this.#database.session, jobs, queues)
      if (done !== 'unseen') return done.inserted
    }
    return this.#database.transaction(async (_, session) => {
      const limits = await limitsOf(session, queues, { locks: true })
      this.#remember(queues, limits)
      return this.#counting(session, jobs, { uncounted, pendingMax, limits })
    })
  }

  /** In a transaction that is open, and has to be undone where this throws. @throws MillhandError `queue_full` */
  async insertIn(session: Session, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    const laned = await this.#laned(jobs, session)
    const limits = await limitsOf(session, queuesOf(jobs), { locks: false })
    return this.#counting(session, laned, {
      uncounted: this.#room.take(jobs, pendingMax),
      pendingMax,
      limits,
    })
  }

  /** Only for speed: a limit that is not known is met by the statement itself. */
  #remember(queues: readonly string[], limits: readonly SizeLimit[]): void {
    if (this.#limited.size > LIMITED_MAX) this.#limited.clear()
    for (const queue of queues) this.#limited.delete(queue)
    for (const { queue } of limits) this.#limited.add(queue)
  }

  /** What cannot pass its gates waits there from the beginning; in a caller's transaction a claim sees to that. */
  async #placed(jobs: readonly LanedJob[]): Promise<Placed> {
    const names = new Set(jobs.flatMap(({ limits }) => gatesOf(limits).map(({ gate }) => gate)))
    if (names.size === 0) return { jobs, openings: new Map() }
    const gates = await readGates(this.#database.session, [...names])
    const placement = new Placement(gates, gates.nowMs)
    const placed = jobs.map((job) => {
      const dueAt = job.runAtMs ?? gates.nowMs + job.delayMs
      return job.limits === null || dueAt > gates.nowMs ? job : { ...job, gate: placement.gateOf(job) }
    })
    return { jobs: placed, openings: placement.openings }
  }

  async #laned(jobs: readonly NewJob[], within?: Session): Promise<LanedJob[]> {
    const lanes = await this.#lanes.of(jobs, within)
    return jobs.map((job, index) => ({ ...job, lane: lanes[index] as number }))
  }

  /** Only queues that got something: what is stored already, and asked for again, needs no room. */
  async #counting(
    session: Session,
    jobs: readonly LanedJob[],
    { uncounted, pendingMax, limits }: Count,
  ): Promise<Inserted[]> {
    const { inserted, stored } = await insertSeen(session, jobs)
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

/** In a transaction that has seen what is set for the queues. */
async function insertSeen(session: Session, jobs: readonly LanedJob[]): Promise<Stored> {
  if (jobs.some(hasRule)) return insertByRules(session, jobs)
  const done = await insert(session, jobs, [])
  if (done === 'unseen') throw new Error('all queues were seen')
  return done
}

function hasRule({ keyRule }: NewJob): boolean {
  return keyRule !== undefined
}

function queuesOf(jobs: readonly NewJob[]): string[] {
  return [...new Set(jobs.map(({ queue }) => queue))]
}
