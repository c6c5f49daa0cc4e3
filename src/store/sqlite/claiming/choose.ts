import { Heap } from '../../../kit/heap.ts'
import type { Admissions } from '../../admissions.ts'
import { type ClaimedJob, type ClaimRequest, REFUSALS_MAX } from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import type { LaneHead } from './heads.ts'
import { comesBefore, type LaneKind, LaneReader } from './lane-reader.ts'
import type { DrawnReader } from './turns.ts'

/** What of a request says how much it is for. */
type Wanted = Pick<ClaimRequest, 'limit' | 'begins' | 'bytesMax' | 'accepts' | 'after'>

/** Lanes that may have jobs for it, in order. */
interface Lanes {
  readonly size: number
  readonly least: LaneHead | undefined
  take(): void
}

/** Lanes in which jobs are ready in one way. */
export interface Source {
  readonly kind: LaneKind
  readonly lanes: Lanes
}

interface Choice {
  readonly from: readonly Source[]
  /** What was drawn, of each queue that has something. */
  readonly drawn?: readonly DrawnReader[]
  readonly nowMs: number
  /** Who passes the gates; those that do not are noted there. */
  readonly admissions: Admissions
}

interface Chosen {
  readonly jobs: readonly ClaimedJob[]
  /** The ordinary lanes that were read, and are not among the others any more. */
  readonly read: readonly LaneReader[]
}

/**
 * The best ready jobs: those of each lane are in order, and the lanes are merged. Only lanes whose first job comes
 * before the last one that is taken are read, and those about as far as they are needed.
 */
export function choose(connection: Connection, wanted: Wanted, choice: Choice): Chosen {
  const { limit, begins, bytesMax, accepts } = wanted
  const { admissions } = choice
  const open = new OpenLanes(connection, wanted, choice)
  const jobs: ClaimedJob[] = []
  let refusals = 0
  let bytes = 0
  while (jobs.length < limit && refusals < REFUSALS_MAX && !admissions.full) {
    const lane = open.next()
    if (!lane) break
    const { job, size } = lane.take()
    if (accepts && !accepts(job)) {
      refusals += 1
    } else if (bytes + size > bytesMax && jobs.length > 0) {
      lane.leave()
      break
    } else if ((job.limits !== null || lane.kind === 'turn') && jobs.length >= begins) {
      // What has to pass gates is never held: it would keep them from others before it begins. Nor is what was drawn.
      open.closeLeast()
      continue
    } else if (job.limits === null || admissions.admit(job, heededIn(lane))) {
      bytes += size
      jobs.push(job)
      if (lane.kind === 'turn') lane.took()
    }
    open.sinkLeast()
  }
  return { jobs, read: open.all.filter(({ kind }) => kind === 'ready') }
}

/** Among those with limits nobody heeds groups: a version that knows of none has put what has one there. */
function heededIn({ kind, requirements }: LaneReader | DrawnReader) {
  return { requirements, ...(kind === 'limited' && { group: '' }) }
}

/** The lanes that one claim reads. */
class OpenLanes {
  readonly all: LaneReader[] = []
  readonly #inOrder = new Heap<LaneReader | DrawnReader>((left, right) =>
    comesBefore(left.place, right.place),
  )
  readonly #sources: readonly Source[]
  readonly #reading: ConstructorParameters<typeof LaneReader>[2]
  /** How many jobs each lane is likely to give, and what has to begin with its claim. */
  readonly #share: number
  readonly #begins: number

  constructor(connection: Connection, wanted: Wanted, { from, nowMs, drawn = [] }: Choice) {
    for (const reader of drawn) this.#inOrder.add(reader)
    const { after, accepts, bytesMax, limit, begins } = wanted
    this.#sources = from
    this.#begins = begins
    const size = from.reduce((sum, { lanes }) => sum + lanes.size, 0)
    this.#share = Math.ceil(limit / Math.max(1, size))
    const leavesSome = after !== undefined || accepts !== undefined
    this.#reading = { connection, nowMs, after, leavesSome, bytesLeft: bytesMax }
  }

  /** The lane whose first job is the best of all, with that job read. */
  next(): LaneReader | DrawnReader | undefined {
    for (;;) {
      this.#openNext()
      const lane = this.#inOrder.least
      if (!lane || lane.isRead) return lane
      lane.read(lane.kind === 'limited' ? Math.min(this.#share, this.#begins) : this.#share)
      if (lane.isRead) this.#inOrder.sinkLeast()
      else this.#inOrder.take()
    }
  }

  /** The place of the best lane has become later: a job of it was taken. */
  sinkLeast(): void {
    this.#inOrder.sinkLeast()
  }

  /** The best lane has nothing more for this claim. */
  closeLeast(): void {
    this.#inOrder.take()
  }

  /** Opens each lane of which the first job may be the best of all. */
  #openNext(): void {
    for (const { kind, lanes } of this.#sources) {
      const other = lanes.least
      const least = this.#inOrder.least
      if (!other || (least && !comesBefore(other, least.place))) continue
      lanes.take()
      const lane = new LaneReader(other, kind, this.#reading)
      this.all.push(lane)
      this.#inOrder.add(lane)
    }
  }
}
