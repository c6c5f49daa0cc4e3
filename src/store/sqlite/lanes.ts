import type { JobRecord } from '../../job/job.ts'
import { requirementsIn } from '../../job/job-gates.ts'
import { laneName } from '../../job/lane-name.ts'
import type { Connection } from './connection.ts'
import { atMost } from './parameters.ts'
import { PARKED, READY, READY_ALONE, READY_LIMITED, READY_TURN } from './pending.ts'

/**
 * A lane is a queue, a name, and what its jobs require (see `laneName`, which is what stands in the table); ready jobs carry its number, so that the index that a claim walks has numbers in it and
 * no texts. A lane is there as long as something ready is in it, and until it is pruned.
 */
export interface Lane {
  readonly lane: number
  readonly queue: string
  readonly name: string
  readonly requirements: string
}

const LANE = 'select id from millhand_lanes where queue = ? and name = ?'

const NEW_LANE = 'insert into millhand_lanes (queue, name) values (?, ?) returning id'

/** The numbers of lanes, each looked up once; made where there is none. Good for one transaction. */
export class LaneNumbers {
  readonly #connection: Connection
  readonly #numbers = new Map<string, number>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  of({ queue, name, limits }: Pick<JobRecord, 'queue' | 'name' | 'limits'>): number {
    const named = limits === null ? name : laneName(name, requirementsIn(limits))
    const lane = `${queue}\0${named}`
    const number = this.#numbers.get(lane) ?? this.#find(queue, named)
    this.#numbers.set(lane, number)
    return number
  }

  #find(queue: string, name: string): number {
    const found =
      this.#connection.get<{ id: number }>(LANE, queue, name) ??
      this.#connection.get<{ id: number }>(NEW_LANE, queue, name)
    return found?.id ?? 0
  }
}

/** Lanes that one look for empty ones goes through: a probe of two indexes each. */
const PRUNE_LOOKS_MAX = 2_000

const SOME_LANES = `select id from millhand_lanes where id > ? order by id ${atMost()}`

const PRUNE = `delete from millhand_lanes where id > ? and id <= ?
  and not exists (select 1 from millhand_jobs where ${READY} and lane = millhand_lanes.id)
  and not exists (select 1 from millhand_jobs where ${READY_ALONE} and lane = millhand_lanes.id)
  and not exists (select 1 from millhand_jobs where ${READY_LIMITED} and lane = millhand_lanes.id)
  and not exists (select 1 from millhand_jobs where ${READY_TURN} and lane = millhand_lanes.id)
  and not exists (select 1 from millhand_jobs where ${PARKED} and lane = millhand_lanes.id)`

/**
 * Deletes lanes in which nothing is ready, of those after the lane `from`; gives from where to go on, 0 when through.
 * Exact, since SQLite has one writer at a time: nobody can be about to put a job into a lane that is deleted here.
 */
export function pruneLanes(connection: Connection, from: number): number {
  const lanes = connection.all<{ id: number }>(SOME_LANES, from, PRUNE_LOOKS_MAX)
  const last = lanes.at(-1)?.id ?? 0
  if (last > 0) connection.run(PRUNE, from, last)
  return lanes.length < PRUNE_LOOKS_MAX ? 0 : last
}
