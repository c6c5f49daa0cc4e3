import { requirementsIn } from '../../job/job-gates.ts'
import { laneName } from '../../job/lane-name.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { Clock } from '../../kit/clock.ts'
import { isMillhandError } from '../../kit/error.ts'
import { isTransient } from '../errors.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

/** A number is known for so long: far less than a lane that nobody uses is kept (see lane-upkeep.ts). */
const KNOWN_MS = 10 * 60_000
/** What was said to be in use so long ago is said to be so again. */
const RENEWED_MS = KNOWN_MS / 2
/** Lanes that are known at a time: of each a few dozen bytes. */
const KNOWN_MAX = 20_000

/** What is in use is said to be so now and then, and not with each look. In order, since others do the same. */
const MAKE = `with seen as materialized (
    select g.queue, g.name, l.id, l.used_at > ${NOW} - $4::bigint as fresh
    from (select distinct queue, name from unnest($2::text[], $3::text[]) as g(queue, name)) g
    left join lateral (select id, used_at from millhand.lanes where queue = g.queue and name = g.name limit 1) l on true
  ), made as (
    insert into millhand.lanes (queue, name, used_at)
    select queue, name, ${NOW} from seen where fresh is not true order by queue, name
    on conflict (queue, name) do update set used_at = excluded.used_at returning id, queue, name
  )
  select id, queue, name from made union all select id, queue, name from seen where fresh`

/** Of a job, or of a lane by its own name: one without limits is named as it is. */
type Place = Pick<NewJob, 'queue' | 'name'> & { readonly limits?: string | null }

interface Known {
  readonly id: number
  readonly untilMs: number
}

/**
 * The numbers of lanes, as far as this process knows them. A lane is made in a statement of its own, before the jobs: one
 * that is made in a caller's transaction would keep all others from their first job in it for as long as that is open.
 */
export class Lanes {
  readonly #session: Session
  readonly #clock: Clock
  /** Whether there is a connection beside that of a transaction which is open. */
  readonly #spare: boolean
  readonly #known = new Map<string, Known>()

  constructor(session: Session, clock: Clock, connections: number) {
    this.#session = session
    this.#clock = clock
    this.#spare = connections > 1
  }

  /** The lane of each, in their order. `within` is the transaction that they are for. */
  async of(places: readonly Place[], within?: Session): Promise<number[]> {
    const nowMs = this.#clock.elapsed()
    const lanes = new Map<string, number>()
    const unknown = new Map<string, Place>()
    for (const place of places) {
      const known = this.#known.get(keyOf(place))
      if (known && known.untilMs > nowMs) lanes.set(keyOf(place), known.id)
      else unknown.set(keyOf(place), place)
    }
    if (unknown.size > 0) {
      for (const [key, id] of await this.#find([...unknown.values()], within)) lanes.set(key, id)
    }
    return places.map((place) => lanes.get(keyOf(place)) as number)
  }

  /** The lane of one place, if it is known. */
  known(place: Place): number | undefined {
    return this.#known.get(keyOf(place))?.id
  }

  async #find(places: readonly Place[], within: Session | undefined): Promise<Map<string, number>> {
    if (within && !this.#spare) return make(within, places)
    try {
      const lanes = await make(this.#session, places)
      this.#remember(lanes)
      return lanes
    } catch (error) {
      // All connections of a small pool may be in the hands of the caller's transactions, or the store be about to close.
      const passing = isTransient(error) || isMillhandError(error, 'store_closed')
      if (!within || !passing) throw error
      return make(within, places)
    }
  }

  #remember(lanes: ReadonlyMap<string, number>): void {
    if (this.#known.size + lanes.size > KNOWN_MAX) this.#known.clear()
    const untilMs = this.#clock.elapsed() + KNOWN_MS
    for (const [key, id] of lanes) this.#known.set(key, { id, untilMs })
  }
}

/** The lanes of these places, made where there is none. */
async function make(session: Session, places: readonly Place[]): Promise<Map<string, number>> {
  const [queues, names] = [places.map(({ queue }) => queue), places.map(nameOf)]
  const rows = await session.at<Place & { id: number }>(MAKE, queues, names, RENEWED_MS)
  return new Map(rows.map((row) => [keyOf(row), row.id]))
}

/** A name holds no control character, so that no other queue and name make the same text. */
function keyOf(place: Place): string {
  return `${nameOf(place)}\0${place.queue}`
}

function nameOf({ name, limits = null }: Place): string {
  return limits === null ? name : laneName(name, requirementsIn(limits))
}
