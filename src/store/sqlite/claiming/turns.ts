import { DrawnLine } from '../../../job/drawn-line.ts'
import type { PlannedTurns } from '../../../job/fair-turns.ts'
import { readSettings } from '../../../job/queue-settings.ts'
import { systemRandom } from '../../../kit/random.ts'
import type { ClaimedJob, ClaimRequest, Place, Served } from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import { AT, COLUMNS, claimed, type Row, sizeOf } from './claimed.ts'
import { type Candidate, ranksOf } from './groups.ts'
import { lanesIn, pausedQueues, servedBy } from './heads.ts'

const SETTINGS = 'select settings from millhand_queues where queue = ?'

const READ = `select ${COLUMNS} from millhand_jobs where seq = ?`

/** What a claim may draw, of each queue in which anything is drawn. */
export function drawnFor(
  connection: Connection,
  request: Served & Pick<ClaimRequest, 'random' | 'after'>,
  { nowMs, turns }: { readonly nowMs: number; readonly turns: PlannedTurns },
): DrawnReader[] {
  const { random = systemRandom, after } = request
  const lanes = lanesIn(connection, 'turn').filter(servedBy(request, pausedQueues(connection)))
  return [...Map.groupBy(lanes, ({ queue }) => queue)].flatMap(([queue, ofQueue]) => {
    const row = connection.get<{ settings: string | null }>(SETTINGS, queue)
    const { order, weights = {}, shares = {} } = readSettings(row?.settings ?? null)
    const rules = { queue, weights: order === 'weighted' ? weights : null, shares, random, turns }
    const line = new DrawnLine(ranksOf(ofQueue, { connection, nowMs, after, turns }), rules)
    return line.at ? [new DrawnReader(connection, line, nowMs)] : []
  })
}

/** The jobs of one queue as they are drawn, one by one as they are needed. */
export class DrawnReader {
  readonly kind = 'turn'
  readonly #connection: Connection
  readonly #nowMs: number
  readonly #line: DrawnLine<Candidate>
  /** The next one, which is read, and where its queue stands. */
  #drawn: { readonly candidate: Candidate; readonly row: Row; readonly at: Place | undefined } | undefined
  #last: Candidate | undefined

  constructor(connection: Connection, line: DrawnLine<Candidate>, nowMs: number) {
    this.#connection = connection
    this.#line = line
    this.#nowMs = nowMs
  }

  get place(): Place {
    return this.#drawn?.at ?? this.#line.at ?? LAST
  }

  get isRead(): boolean {
    return this.#drawn !== undefined
  }

  /** What the lane of the one that was taken requires. */
  get requirements(): string {
    return this.#last?.lane.requirements ?? ''
  }

  read(): void {
    const { at } = this.#line
    const candidate = this.#line.next()
    const [row] = candidate ? (this.#connection.allLists(READ, candidate.seq) as Row[]) : []
    this.#drawn = candidate && row ? { candidate, row, at } : undefined
  }

  take(): { job: ClaimedJob; size: number } {
    const { candidate, row } = this.#drawn as { candidate: Candidate; row: Row }
    this.#last = candidate
    this.#drawn = undefined
    return { job: claimed(row, { ...candidate.lane, ...placeIn(row) }, this.#nowMs), size: sizeOf(row) }
  }

  /** The job that was given last is taken: it was the turn of its group. */
  took(): void {
    if (this.#last) this.#line.took(this.#last)
  }

  /** What is not taken stays where it is. */
  leave(): void {}
}

/** Behind every job: nothing is left. */
const LAST: Place = { priority: Number.MIN_SAFE_INTEGER, dueAt: 0, seq: 0 }

function placeIn(row: Row): Place {
  return { priority: row[AT.priority], dueAt: row[AT.dueAt], seq: row[AT.seq] }
}
