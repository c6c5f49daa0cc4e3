import { readGates as gatesOf } from '../../job/job-gates.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { Inserted } from '../jobs.ts'
import { Placement } from '../placement.ts'
import type { Room } from '../room.ts'
import type { Database } from './database.ts'
import { noteOpenings, readGates } from './gates.ts'
import { insert, type LanedJob, pendingIn } from './insert.ts'
import { insertByRules } from './keyed/rules.ts'
import type { Lanes } from './lanes.ts'
import type { Session } from './session.ts'

interface InsertsParts {
  readonly database: Database
  readonly lanes: Lanes
  readonly room: Room
}

/** What of the jobs has to be counted, and up to where. */
interface Count {
  readonly uncounted: readonly string[]
  readonly pendingMax: number
}

interface Placed {
  readonly jobs: readonly LanedJob[]
  /** When gates open by themselves at which some of them wait. */
  readonly openings: ReadonlyMap<string, number>
}

/** Stores new jobs where their queues have room for them. */
export class Inserts {
  readonly #database: Database
  readonly #lanes: Lanes
  readonly #room: Room

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
    const uncounted = this.#room.take(jobs, pendingMax)
    if (uncounted.length === 0 && !jobs.some(hasRule))
      return (await insert(this.#database.session, jobs)).inserted
    const count = { uncounted, pendingMax }
    return this.#database.transaction((_, session) => this.#counting(session, jobs, count))
  }

  /** In a transaction that is open, and has to be undone where this throws. @throws MillhandError `queue_full` */
  async insertIn(session: Session, jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]> {
    const laned = await this.#laned(jobs, session)
    return this.#counting(session, laned, { uncounted: this.#room.take(jobs, pendingMax), pendingMax })
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
    { uncounted, pendingMax }: Count,
  ): Promise<Inserted[]> {
    const { inserted, stored } = jobs.some(hasRule)
      ? await insertByRules(session, jobs)
      : await insert(session, jobs)
    const filled = new Set(jobs.filter(({ id }) => stored.has(id)).map(({ queue }) => queue))
    const counted = uncounted.filter((queue) => filled.has(queue))
    const pending = await pendingIn(session, counted)
    for (const queue of counted) this.#room.counted(queue, pending.get(queue) ?? 0, pendingMax)
    return inserted
  }
}

function hasRule({ keyRule }: NewJob): boolean {
  return keyRule !== undefined
}
