import { cameToNothing } from '../job/errors.ts'
import { type Clock, systemClock, type Timer } from '../kit/clock.ts'
import { formatDuration } from '../kit/duration.ts'
import type { Emitter } from '../kit/emitter.ts'
import { writeStandardError } from '../kit/standard-error.ts'
import type { AttemptEvent, MillhandEvents } from './events.ts'
import { loggedError, textOf } from './logged-error.ts'

/** Lines in so many milliseconds at most; of more it is said how many there were. */
const LINES_MAX = 10
const WINDOW_MS = 1_000
/** Longest name, id and message in a line, in characters: they may be anything. */
const FACT_CHARACTERS = 100
const MESSAGE_CHARACTERS = 200

const HINT =
  'openQueue(…, { logger }) hands these lines and all other events to your logger; { logger: false } turns them off'

interface FailureLinesParts {
  readonly write?: (line: string) => void
  /** The machine's, whatever time it is for the jobs: people read it. */
  readonly clock?: Pick<Clock, 'elapsed' | 'timer'>
}

/**
 * Writes what went wrong to the standard error, one short line each, where nobody has handed over a logger: a job that
 * failed, an attempt that is tried again, a call of a handler's that failed unheard, a lease that was lost, a fault of a loop. The first line is followed by how to
 * change that. At most ten lines a second, and then how many there were besides: a million jobs that fail must not be a
 * million waits for a terminal.
 */
export class FailureLines {
  readonly #write: (line: string) => void
  readonly #clock: Pick<Clock, 'elapsed' | 'timer'>
  #hinted = false
  #sinceMs = Number.NEGATIVE_INFINITY
  #written = 0
  #left = 0
  #timer: Timer | undefined

  constructor({ write = writeStandardError, clock = systemClock }: FailureLinesParts = {}) {
    this.#write = write
    this.#clock = clock
  }

  listen(events: Emitter<MillhandEvents>): void {
    events.on('fail', (event) => this.#tell(() => `${attemptOf(event)} failed: ${wordsOf(event.error)}`))
    events.on('retry', (event) =>
      this.#tell(() => {
        const next = `runs again in ${formatDuration(event.dueInMs)}`
        return `${attemptOf(event)} failed and ${next}: ${wordsOf(event.error)}`
      }),
    )
    events.on('call_error', (event) =>
      this.#tell(() => {
        const how = cameToNothing(event.error) ? 'came to nothing' : 'failed, and the attempt went on'
        return `${attemptOf(event)}: ${event.call} ${how}: ${wordsOf(event.error)}`
      }),
    )
    events.on('cleanup_error', (event) =>
      this.#tell(() => `the cleanup of ${attemptOf(event)} failed: ${wordsOf(event.error)}`),
    )
    events.on('tick_refused', ({ schedule, error }) =>
      this.#tell(
        () => `a tick of schedule ${fact(schedule)} was refused, and is tried again: ${wordsOf(error)}`,
      ),
    )
    events.on('no_worker', (event) => this.#tell(() => noWorkerWords(event)))
    events.on('rescue', ({ quarantined }) => {
      for (const id of quarantined)
        this.#tell(() => `job ${fact(id)} is quarantined: too many workers crashed in it`)
    })
    events.on('lease_lost', ({ worker, jobs }) =>
      this.#tell(() => `worker ${fact(worker)} lost its lease; its jobs (${jobs}) run again`),
    )
    events.on('loop_blocked', ({ worker, blockedMs }) =>
      this.#tell(() => `worker ${fact(worker)}: the event loop was blocked for ${formatDuration(blockedMs)}`),
    )
    events.on('loop_error', ({ loop, error }) => this.fault(`the loop '${fact(loop)}' met an error`, error))
  }

  /** Something went wrong that is no event. */
  fault(what: string, error: unknown): void {
    this.#tell(() => `${what}: ${wordsOf(error)}`)
  }

  #tell(words: () => string): void {
    const nowMs = this.#clock.elapsed()
    if (nowMs - this.#sinceMs >= WINDOW_MS) this.#begin(nowMs)
    if (this.#written < LINES_MAX) this.#say(words())
    else this.#leaveOut()
  }

  #say(words: string): void {
    this.#written += 1
    this.#write(`millhand: ${words}`)
    if (!this.#hinted) this.#write(`millhand: ${HINT}`)
    this.#hinted = true
  }

  #begin(nowMs: number): void {
    this.#timer?.cancel()
    this.#tellLeft()
    this.#sinceMs = nowMs
    this.#written = 0
  }

  #leaveOut(): void {
    this.#left += 1
    if (this.#timer) return
    this.#timer = this.#clock.timer(WINDOW_MS, () => this.#tellLeft())
    this.#timer.unref?.()
  }

  #tellLeft(): void {
    this.#timer = undefined
    const what = this.#left === 1 ? '1 more line' : `${this.#left.toLocaleString('en')} more lines`
    if (this.#left > 0) this.#write(`millhand: ${what} like these`)
    this.#left = 0
  }
}

function noWorkerWords({ id, name, queue, jobs }: MillhandEvents['no_worker']): string {
  const waiting = jobs === 1 ? '' : `, as do ${jobs - 1} more`
  return `job ${fact(name)} ${fact(id)} waits${waiting}: no live worker handles it in queue '${fact(queue)}'; explain(id) says more`
}

function attemptOf({ id, name, attempt }: AttemptEvent): string {
  return `attempt ${attempt} of job ${fact(name)} ${fact(id)}`
}

function fact(value: string): string {
  return textOf(value, FACT_CHARACTERS)
}

/** What the stores call what may pass by itself: a word of their own. */
const PASSING = 'TransientError'

/** The first line of what it says: some put a page there. */
function wordsOf(thrown: unknown): string {
  const { name, message } = loggedError(thrown)
  const [first = ''] = message.split('\n', 1)
  const words = textOf(first, MESSAGE_CHARACTERS)
  return name === PASSING ? words : `${name}: ${words}`
}
