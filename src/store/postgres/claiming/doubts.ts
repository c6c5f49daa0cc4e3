import type { Clock } from '../../../kit/clock.ts'
import type { ClaimedJob } from '../../jobs.ts'
import type { Session } from '../session.ts'
import { adopt } from './statements.ts'

/** A call that got no answer may still be written for so long, and is asked for so often. */
const DOUBT_MS = 120_000
const DOUBT_INTERVAL_MS = 2_000
/** Of a worker that has gone nobody asks any more. */
const DOUBTS_MAX = 1_000
const NEVER_ASKED = { untilMs: Number.POSITIVE_INFINITY, askAtMs: Number.NEGATIVE_INFINITY } as const

/** A call of which nobody knows whether it was written. */
interface Doubt {
  readonly worker: string
  readonly call: string
  untilMs: number
  askAtMs: number
}

/**
 * Claims that got no answer. One may have been written, and only the answer lost: nobody would ever run those jobs,
 * since their worker lives.
 */
export class Doubts {
  readonly #session: Session
  readonly #clock: Clock
  #doubts: Doubt[] = []

  constructor(session: Session, clock: Clock) {
    this.#session = session
    this.#clock = clock
  }

  add(worker: string, call: string): void {
    this.#doubts = [...this.#doubts, { worker, call, ...NEVER_ASKED }].slice(-DOUBTS_MAX)
  }

  /**
   * What the calls in doubt of a worker have brought. A server whose answer did not come in time may be still at work:
   * it is asked again for a while.
   */
  async adopt(worker: string): Promise<ClaimedJob[]> {
    if (this.#doubts.length === 0) return []
    const nowMs = this.#clock.elapsed()
    const asked = this.#doubts.filter((doubt) => doubt.worker === worker && doubt.askAtMs <= nowMs)
    if (asked.length === 0) return []
    const calls = asked.map(({ call }) => call)
    const found = await adopt(this.#session, worker, calls)
    const brought = new Set(found.map(({ hold }) => hold?.call))
    for (const doubt of asked) {
      doubt.askAtMs = nowMs + DOUBT_INTERVAL_MS
      doubt.untilMs = Math.min(doubt.untilMs, nowMs + DOUBT_MS)
    }
    this.#doubts = this.#doubts.filter(({ call, untilMs }) => !brought.has(call) && untilMs > nowMs)
    return found
  }
}
