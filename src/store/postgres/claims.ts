import type { NewJob } from '../../job/enqueue-options.ts'
import type { Clock } from '../../kit/clock.ts'
import { TransientError } from '../errors.ts'
import type { ClaimedJob, ClaimRequest, Place } from '../jobs.ts'
import { adopt, type Claim, claim, type Due, type From } from './claim.ts'
import { nextDueAt } from './due.ts'
import type { Session } from './session.ts'

/** A claim begins where the last one ended, and looks at everything at least this often. */
const LOOK_INTERVAL_MS = 500
/** A call that got no answer may still be written for so long, and is asked for so often. */
const DOUBT_MS = 120_000
const DOUBT_INTERVAL_MS = 2_000
/** Looking at everything may take at most this share of the time: under an old snapshot it walks all dead entries. */
const LOOK_SHARE = 0.05
/** Before whatever may become due. */
const NOTHING_DUE: Due = { dueAt: 0, seq: 0 }

/**
 * The claims of one process: where in the order the last one ended, and which calls got no answer.
 *
 * While somebody holds an old snapshot, PostgreSQL keeps every entry of what was claimed since. A claim that began at
 * the top would walk them all, each time more.
 */
export class Claims {
  readonly #session: Session
  readonly #clock: Clock
  readonly #self: string
  readonly #ends = new Map<string, Place>()
  #doubts: Doubt[] = []
  #calls = 0
  /** What comes before has become ready, as far as the last look at everything could see. */
  #due = NOTHING_DUE
  #lookAtMs = Number.NEGATIVE_INFINITY

  constructor(session: Session, clock: Clock, self: string) {
    this.#session = session
    this.#clock = clock
    this.#self = self
  }

  /** Something may have come before the place where the last claim ended. */
  reset(): void {
    this.#ends.clear()
  }

  /** New jobs: one that is better than those among which a claim ended comes before that place. */
  inserted(jobs: readonly NewJob[]): void {
    for (const [wish, end] of this.#ends) {
      const isBefore = ({ priority, runAtMs }: NewJob) => priority > end.priority || runAtMs !== null
      if (jobs.some(isBefore)) this.#ends.delete(wish)
    }
  }

  async claim(request: ClaimRequest): Promise<ClaimedJob[]> {
    const adopted = await this.#adopt(request.worker)
    if (adopted.length > 0) return adopted
    if (request.accepts || request.after)
      return (await this.#call(request, { after: request.after, due: NOTHING_DUE })).jobs
    const wish = JSON.stringify([request.names, request.queues, request.suspects])
    if (this.#clock.elapsed() >= this.#lookAtMs) this.reset()
    const end = this.#ends.get(wish)
    const jobs = end ? await this.#next(request, { after: end, due: this.#due }) : []
    const all = jobs.length > 0 ? jobs : await this.#look(request)
    const last = all.at(-1)
    if (last && all.length === request.limit) this.#ends.set(wish, last)
    else this.#ends.delete(wish)
    return all
  }

  /** When the next job becomes ready, as far as it is not known to be so. */
  nextDueAt(): Promise<number | null> {
    return nextDueAt(this.#session, this.#due)
  }

  async #next(request: ClaimRequest, from: From): Promise<ClaimedJob[]> {
    const { jobs, due } = await this.#call(request, from)
    this.#due = due
    return jobs
  }

  /** From the top. */
  async #look(request: ClaimRequest): Promise<ClaimedJob[]> {
    const startMs = this.#clock.elapsed()
    const jobs = await this.#next(request, { after: undefined, due: NOTHING_DUE })
    const nowMs = this.#clock.elapsed()
    this.#lookAtMs = nowMs + Math.max(LOOK_INTERVAL_MS, (nowMs - startMs) / LOOK_SHARE)
    return jobs
  }

  async #call(request: ClaimRequest, from: From): Promise<Claim> {
    this.#calls += 1
    const call = `${this.#self}-${this.#calls}`
    try {
      return await claim(this.#session, request, { call, ...from })
    } catch (error) {
      // It may have been written, and only the answer lost: nobody would ever run those jobs, since their worker lives.
      if (error instanceof TransientError) {
        this.#doubts = [...this.#doubts, { worker: request.worker, call, ...NEVER_ASKED }].slice(-DOUBTS_MAX)
      }
      throw error
    }
  }

  /**
   * What the calls in doubt of a worker have brought. A server whose answer did not come in time may be still at work:
   * it is asked again for a while.
   */
  async #adopt(worker: string): Promise<ClaimedJob[]> {
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

/** A call of which nobody knows whether it was written. */
interface Doubt {
  readonly worker: string
  readonly call: string
  untilMs: number
  askAtMs: number
}

const NEVER_ASKED = { untilMs: Number.POSITIVE_INFINITY, askAtMs: Number.NEGATIVE_INFINITY } as const
/** Of a worker that has gone nobody asks any more. */
const DOUBTS_MAX = 1_000
