import { type ClaimedJob, type Place, placeOf } from '../../jobs.ts'
import { comparePlaces, type LanePlace, type Note } from './look.ts'
import { HEADS_MAX } from './ready.ts'
import type { Where } from './statements.ts'

/** How many jobs of a lane are read at least, and how many times its even share of what is wanted. */
const READ_MIN = 2
const READ_SHARE = 2
/** Lanes that are kept in mind at a time: they are sorted for each claim. */
const LANES_MAX = 2 * HEADS_MAX

/** A lane, and the place in it behind which there are jobs, as far as is known. */
interface Head {
  readonly lane: number
  readonly after: Place
}

interface Lane {
  readonly after: Place
  /** The last look took all that it read of the lane: there may be as many more. */
  readonly deep: boolean
}

/**
 * Where the lanes go on that one kind of worker serves, as the last look from the top and the claims since have left them:
 * a claim looks into those alone that may have the best jobs, however many there are.
 *
 * Each place is a lower bound. What is better and came without being heard of is found by the next look from the top.
 */
export class Heads {
  readonly #lanes = new Map<number, Lane>()
  /** Lanes whose first job comes behind this place are not known. */
  #edge: Place | undefined
  /** What has come while claims were under way, which may not have seen it. */
  readonly #arrivals: Head[] = []
  #underWay = 0

  get size(): number {
    return this.#lanes.size
  }

  /** A place that no job of any lane comes before. */
  get first(): Place | undefined {
    const places = [...this.#lanes.values()].map(({ after }) => after)
    if (this.#edge) places.push(this.#edge)
    return places.reduce<Place | undefined>(
      (first, place) => (first && comparePlaces(first, place) <= 0 ? first : place),
      undefined,
    )
  }

  /** There is a job in a lane, behind a place. */
  lower(head: Head): void {
    if (this.#underWay > 0) this.#arrivals.push(head)
    this.#lower(head)
  }

  #lower({ lane, after }: Head): void {
    const known = this.#lanes.get(lane)
    if (known && comparePlaces(known.after, after) <= 0) return
    if (!known && this.#edge && comparePlaces(this.#edge, after) <= 0) return
    if (known || this.#lanes.size < LANES_MAX) this.#lanes.set(lane, { after, deep: known?.deep ?? false })
    else this.#edge = after
  }

  /** The lanes to look into for so many jobs, and the place that no job of another one comes before. */
  visits(limit: number): Exclude<Where, undefined> {
    const lanes = [...this.#lanes].sort(([, one], [, other]) => comparePlaces(one.after, other.after))
    const next = lanes[limit]?.[1].after
    const some = lanes.slice(0, limit)
    const share = Math.ceil((READ_SHARE * limit) / some.length) + READ_MIN
    const cap = (deep: boolean) => (deep || some.length === 1 ? limit : Math.min(limit, share))
    return {
      visits: some.map(([lane, { after, deep }]) => ({ lane, after, cap: cap(deep) })),
      cutoff: next ?? this.#edge,
    }
  }

  /** Keeps in mind what a claim finds, and what comes while it is under way. */
  async during<Result extends Brought>(claim: () => Promise<Result>): Promise<Result> {
    const since = this.#arrivals.length
    this.#underWay += 1
    try {
      const brought = await claim()
      this.#learn(brought)
      for (const arrival of this.#arrivals.slice(since)) this.#lower(arrival)
      return brought
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) this.#arrivals.splice(0)
    }
  }

  #learn({ jobs, note, limit, where }: Brought): void {
    if (!where) this.#learnTops(note.tops ?? [])
    // One that was only to see where the best are has taken nothing: what it found stands.
    if (limit === 0) return
    for (const { lane } of where?.visits ?? []) this.#lanes.delete(lane)
    const only = where ? onlyOf(where) : this.#only
    if (only !== undefined) {
      const last = jobs.at(-1)
      this.#lanes.delete(only)
      if (last && (jobs.length === limit || note.more))
        this.#lanes.set(only, { after: placeOf(last), deep: true })
    } else if (note.more) {
      // Where the lanes go on is said of what was found, and not of what was taken of it.
      this.#learnTops([])
    } else {
      for (const [lane, priority, dueAt, seq, deep] of note.next ?? [])
        this.#lanes.set(lane, { after: { priority, dueAt, seq }, deep: deep === true })
    }
  }

  get #only(): number | undefined {
    const [lane] = this.#lanes.keys()
    return this.#lanes.size === 1 ? lane : undefined
  }

  #learnTops(tops: readonly LanePlace[]): void {
    this.#lanes.clear()
    for (const top of tops) this.#lanes.set(top[0], { after: before(top), deep: false })
    const last = tops.length === HEADS_MAX ? tops.at(-1) : undefined
    this.#edge = last && placeIn(last)
  }
}

/** What a claim has brought, of at most `limit`. */
export interface Brought {
  readonly jobs: readonly ClaimedJob[]
  readonly note: Note
  readonly limit: number
  readonly where: Where
}

/** A claim in one lane, of which it is known that there is no other: it takes what it finds. */
function onlyOf({ visits, cutoff }: Exclude<Where, undefined>): number | undefined {
  return visits.length === 1 && !cutoff ? visits[0]?.lane : undefined
}

function placeIn([, priority, dueAt, seq]: LanePlace): Place {
  return { priority, dueAt, seq }
}

/** The place just before. */
export function before(place: LanePlace): Place {
  return { ...placeIn(place), seq: place[3] - 1 }
}
