import { hasBrand } from './brand.ts'
import { type Clock, systemClock, type Timer } from './clock.ts'
import { type Deferred, deferred } from './deferred.ts'
import { DURATION_EXAMPLES, type Duration, parseDuration } from './duration.ts'
import { preview } from './error.ts'
import { optionError } from './options.ts'
import { inScope } from './scope.ts'
import { nextTurn } from './turn.ts'

interface Alarm {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
}

/** How many turns of the event loop `settle` waits for work that a fired timer set off. */
const SETTLE_TURNS = 12
/**
 * How long, in real time, it waits for a database's answer: one that waits for a lock may never come. With a second, tests
 * failed on a machine that was busy with ten others.
 */
const SETTLE_OUTSIDE_MS = 10_000

const VIRTUAL_CLOCK: unique symbol = Symbol.for('millhand.virtual-clock')

/** A clock that stands still until it is told to move. For tests: no test has to wait for real time. */
export class VirtualClock implements Clock {
  #nowMs: number
  #order = 0
  #outside = 0
  /** Settles when nothing is asked of a database any more; there while somebody waits for that. */
  #answered: Deferred<void> | undefined
  readonly #alarms = new Set<Alarm>()

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs
  }

  get [VIRTUAL_CLOCK](): number {
    return 1
  }

  /** Whole milliseconds, as a machine's clock gives them, though timers may fire between two. */
  now(): number {
    return Math.floor(this.#nowMs)
  }

  elapsed(): number {
    return this.#nowMs
  }

  timer(delayMs: number, callback: () => void): Timer {
    this.#order += 1
    const alarm = {
      atMs: this.#nowMs + Math.max(delayMs, 0),
      order: this.#order,
      callback: inScope(callback),
    }
    this.#alarms.add(alarm)
    return { cancel: () => this.#alarms.delete(alarm) }
  }

  /** When the next timer fires, in milliseconds since the epoch; `null` where none is set. */
  get nextTimerAt(): number | null {
    return this.#next()?.atMs ?? null
  }

  /**
   * Moves time on, firing every timer on the way in order, and lets what they set off finish.
   *
   * @throws MillhandError `invalid_option`
   */
  async advance(by: Duration): Promise<void> {
    const ms = parseDuration(by)
    if (ms === undefined) {
      const facts = { component: 'advance', option: 'by', expected: DURATION_EXAMPLES, got: preview(by) }
      throw optionError('invalid_option', facts)
    }
    const untilMs = this.#nowMs + ms
    await this.settle()
    for (let alarm = this.#next(); alarm && alarm.atMs <= untilMs; alarm = this.#next()) {
      this.#nowMs = Math.max(this.#nowMs, alarm.atMs)
      this.#alarms.delete(alarm)
      alarm.callback()
      await this.settle()
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  /** Jumps the wall clock without firing anything, as a machine's clock does when somebody sets it. */
  jump(ms: number): void {
    this.#nowMs += ms
  }

  /** Lets promises and immediates that are under way finish, and what is asked of a database, without moving time. */
  async settle(): Promise<void> {
    const untilMs = systemClock.elapsed() + SETTLE_OUTSIDE_MS
    for (let turn = 0; turn < SETTLE_TURNS; turn += 1) {
      await nextTurn()
      const restMs = untilMs - systemClock.elapsed()
      if (this.#outside === 0 || restMs <= 0) continue
      await this.#untilAnswered(restMs)
      turn = -1
    }
  }

  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.#outside += 1
    try {
      return await work
    } finally {
      this.#outside -= 1
      if (this.#outside === 0) this.#answered?.resolve()
    }
  }

  /** Not turn by turn: that would take from the database the processor that it needs for its answer. */
  async #untilAnswered(forMs: number): Promise<void> {
    const answered = this.#answered ?? deferred()
    this.#answered = answered
    const late = systemClock.timer(forMs, answered.resolve)
    await answered.promise
    late.cancel()
    this.#answered = undefined
  }

  #next(): Alarm | undefined {
    let first: Alarm | undefined
    for (const alarm of this.#alarms) {
      if (!first || alarm.atMs < first.atMs || (alarm.atMs === first.atMs && alarm.order < first.order)) {
        first = alarm
      }
    }
    return first
  }
}

export function isVirtualClock(clock: Clock): clock is VirtualClock {
  return hasBrand(clock, VIRTUAL_CLOCK)
}
