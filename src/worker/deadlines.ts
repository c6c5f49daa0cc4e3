import { bareDurations, isBare } from '../job/bare-durations.ts'
import type { AnyJobDefinition } from '../job/defined.ts'
import { toDate } from '../job/stored.ts'
import type { Clock, Timer } from '../kit/clock.ts'
import type { ClaimedJob } from '../store/jobs.ts'
import { type Interruption, interruptionError } from './interruption.ts'

interface DeadlineOptions {
  /** From the begin to the abort. */
  readonly timeoutMs: number | undefined
  /** The deadline of the job, where it is that which comes first. */
  readonly deadline?: string | undefined
  /** From the last sign of life to the abort. */
  readonly stallTimeoutMs: number | undefined
  /** Which of them were given without a unit, and are shorter than anybody means. */
  readonly bare?: readonly string[]
  /** Told when one of them has passed. */
  readonly onPassed: (reason: Interruption) => void
}

/** How long an attempt may take that begins now: its own time, or what is left of the job's, whichever is less. */
export function timeLeft(
  { deadlineAt }: Pick<ClaimedJob, 'deadlineAt'>,
  timeoutMs: number | undefined,
  nowMs: number,
): Pick<DeadlineOptions, 'timeoutMs' | 'deadline'> {
  const leftMs = deadlineAt === null ? Number.POSITIVE_INFINITY : Math.max(0, deadlineAt - nowMs)
  if (deadlineAt === null || leftMs >= (timeoutMs ?? Number.POSITIVE_INFINITY)) return { timeoutMs }
  return { timeoutMs: leftMs, deadline: toDate(deadlineAt).toISOString() }
}

/** When an attempt is aborted by itself: after its time, or when it has been silent for too long. */
export class Deadlines {
  /** From the begin to the abort. */
  readonly timeoutMs: number | undefined
  readonly #clock: Clock
  readonly #onPassed: (reason: Interruption) => void
  readonly #bare: readonly string[]
  #lastSignMs: number
  readonly #timeoutTimer: Timer | undefined
  #stallTimer: Timer | undefined
  /** It waits for what others do: its silence says nothing. */
  #resting = false

  constructor(clock: Clock, { timeoutMs, deadline, stallTimeoutMs, bare = [], onPassed }: DeadlineOptions) {
    this.timeoutMs = timeoutMs
    this.#clock = clock
    this.#onPassed = onPassed
    this.#bare = bare
    this.#lastSignMs = clock.elapsed()
    if (timeoutMs !== undefined)
      this.#timeoutTimer = clock.timer(timeoutMs, () =>
        onPassed(
          interruptionError('timed_out', {
            timeoutMs,
            ...(deadline === undefined ? this.#isBare('timeout') : { deadline }),
          }),
        ),
      )
    if (stallTimeoutMs !== undefined) this.#armStall(stallTimeoutMs, stallTimeoutMs)
  }

  /** A sign of life: the silence is counted anew. */
  sign(): void {
    this.#lastSignMs = this.#clock.elapsed()
  }

  /** Silence does not count, until it is told otherwise. */
  rest(resting: boolean): void {
    this.#resting = resting
    this.sign()
  }

  end(): void {
    this.#timeoutTimer?.cancel()
    this.#stallTimer?.cancel()
  }

  #isBare(option: string): { readonly bare?: true } {
    return this.#bare.includes(option) ? { bare: true } : {}
  }

  #armStall(stallTimeoutMs: number, delayMs: number): void {
    this.#stallTimer = this.#clock.timer(delayMs, () => {
      if (this.#resting) this.sign()
      const silentMs = this.#clock.elapsed() - this.#lastSignMs
      if (silentMs >= stallTimeoutMs)
        this.#onPassed(interruptionError('stalled', { stallTimeoutMs, ...this.#isBare('stallTimeout') }))
      else this.#armStall(stallTimeoutMs, stallTimeoutMs - silentMs)
    })
  }
}

const NONE: readonly string[] = []

/** Which of the deadlines of a job its definition has without a unit; a time-out of the job's own is none of those. */
export function bareIn(job: ClaimedJob, definition: AnyJobDefinition | undefined): readonly string[] {
  if (!definition || !(isBare(definition.timeoutMs) || isBare(definition.stallTimeoutMs))) return NONE
  const isOwn = job.timeoutMs !== null && job.timeoutMs !== definition.timeoutMs
  const bare = bareDurations(definition).filter(([, ms]) => isBare(ms))
  return bare.map(([option]) => option).filter((option) => option !== 'timeout' || !isOwn)
}
