import { Heap } from '../../kit/heap.ts'
import { type ClaimedJob, type ClaimRequest, REFUSALS_MAX } from '../jobs.ts'
import type { Connection } from './connection.ts'
import { servedHeads } from './heads.ts'
import { comesBefore, LaneReader } from './lane-reader.ts'

/** What of a request says which jobs it is for. */
type Wish = Pick<ClaimRequest, 'names' | 'queues' | 'limit' | 'bytesMax' | 'accepts' | 'after'>

/** Which of the two kinds of ready jobs, and as of when. */
interface Choice {
  /** Those that run alone, or those that do not. */
  readonly alone: boolean
  readonly nowMs: number
}

/**
 * The best ready jobs that the request is for: those of each lane are in order, and the lanes are merged. Only lanes
 * whose first job comes before the last one that is taken are read, and those about as far as they are needed.
 */
export function choose(connection: Connection, request: Wish, choice: Choice): ClaimedJob[] {
  const { limit, bytesMax, accepts } = request
  const lanes = openLanes(connection, request, choice)
  const share = Math.ceil(limit / Math.max(1, lanes.size))
  const chosen: ClaimedJob[] = []
  let refusals = 0
  let bytes = 0
  while (chosen.length < limit && refusals < REFUSALS_MAX) {
    const lane = nextLane(lanes, share)
    if (!lane) break
    const { job, size } = lane.take()
    lanes.sinkLeast()
    if (accepts && !accepts(job)) {
      refusals += 1
      continue
    }
    bytes += size
    if (bytes > bytesMax && chosen.length > 0) break
    chosen.push(job)
  }
  return chosen
}

function openLanes(connection: Connection, request: Wish, choice: Choice): Heap<LaneReader> {
  const lanes = new Heap<LaneReader>((left, right) => comesBefore(left.place, right.place))
  const reading = { connection, ...choice, after: request.after, bytesLeft: request.bytesMax }
  for (const head of servedHeads(connection, request, choice.alone)) lanes.add(new LaneReader(head, reading))
  return lanes
}

/** The lane whose first job is the best of all, with that job read. */
function nextLane(lanes: Heap<LaneReader>, share: number): LaneReader | undefined {
  for (let lane = lanes.least; lane; lane = lanes.least) {
    if (lane.isRead) return lane
    lane.read(share)
    if (lane.isRead) lanes.sinkLeast()
    else lanes.take()
  }
  return undefined
}
