import { Heap } from '../../../kit/heap.ts'
import { type ClaimedJob, type ClaimRequest, REFUSALS_MAX } from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import type { LaneHead } from './heads.ts'
import { comesBefore, LaneReader } from './lane-reader.ts'

/** What of a request says how much it is for. */
type Wanted = Pick<ClaimRequest, 'limit' | 'bytesMax' | 'accepts' | 'after'>

/** Lanes that may have jobs for it, in order. */
interface Lanes {
  readonly size: number
  readonly least: LaneHead | undefined
  take(): void
}

interface Choice {
  readonly lanes: Lanes
  /** Whether they are those of jobs that run alone. */
  readonly alone: boolean
  readonly nowMs: number
}

interface Chosen {
  readonly jobs: readonly ClaimedJob[]
  /** The lanes that were read, and are not among the others any more. */
  readonly read: readonly LaneReader[]
}

/**
 * The best ready jobs: those of each lane are in order, and the lanes are merged. Only lanes whose first job comes
 * before the last one that is taken are read, and those about as far as they are needed.
 */
export function choose(connection: Connection, wanted: Wanted, choice: Choice): Chosen {
  const { limit, bytesMax, accepts } = wanted
  const open = new OpenLanes(connection, wanted, choice)
  const jobs: ClaimedJob[] = []
  let refusals = 0
  let bytes = 0
  while (jobs.length < limit && refusals < REFUSALS_MAX) {
    const lane = open.next()
    if (!lane) break
    const { job, size } = lane.take()
    if (accepts && !accepts(job)) {
      refusals += 1
    } else if (bytes + size > bytesMax && jobs.length > 0) {
      lane.leave()
      break
    } else {
      bytes += size
      jobs.push(job)
    }
    open.sinkLeast()
  }
  return { jobs, read: open.all }
}

/** The lanes that one claim reads. */
class OpenLanes {
  readonly all: LaneReader[] = []
  readonly #inOrder = new Heap<LaneReader>((left, right) => comesBefore(left.place, right.place))
  readonly #others: Lanes
  readonly #reading: ConstructorParameters<typeof LaneReader>[1]
  /** How many jobs each lane is likely to give. */
  readonly #share: number

  constructor(connection: Connection, wanted: Wanted, { lanes, alone, nowMs }: Choice) {
    const { after, accepts, bytesMax, limit } = wanted
    this.#others = lanes
    this.#share = Math.ceil(limit / Math.max(1, lanes.size))
    const leavesSome = after !== undefined || accepts !== undefined
    this.#reading = { connection, alone, nowMs, after, leavesSome, bytesLeft: bytesMax }
  }

  /** The lane whose first job is the best of all, with that job read. */
  next(): LaneReader | undefined {
    for (;;) {
      this.#openNext()
      const lane = this.#inOrder.least
      if (!lane || lane.isRead) return lane
      lane.read(this.#share)
      if (lane.isRead) this.#inOrder.sinkLeast()
      else this.#inOrder.take()
    }
  }

  /** The place of the best lane has become later: a job of it was taken. */
  sinkLeast(): void {
    this.#inOrder.sinkLeast()
  }

  #openNext(): void {
    const other = this.#others.least
    const least = this.#inOrder.least
    if (!other || (least && !comesBefore(other, least.place))) return
    this.#others.take()
    const lane = new LaneReader(other, this.#reading)
    this.all.push(lane)
    this.#inOrder.add(lane)
  }
}
