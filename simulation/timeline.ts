import type { Clock, Timer } from '../src/kit/clock.ts'
import { inScope } from '../src/kit/scope.ts'

/** When the world begins: the first of January 2026. */
export const START_MS = Date.UTC(2026, 0, 1)

interface Alarm {
  readonly atMs: number
  readonly order: number
  readonly owner: Owner
  readonly callback: () => void
}

/** Whose timers they are: those of somebody who is frozen wait, those of the dead never fire. */
export interface Owner {
  readonly state: 'alive' | 'frozen' | 'dead'
}

/** A clock of this owner fires nothing of its own, and is never at a standstill. */
export const NOBODY: Owner = { state: 'alive' }

/** The one time of the world. It stands still until the scheduler fires the next timer. */
export class Timeline {
  /** What was set or taken back so far: as long as it rises, the world is not quiet. */
  activity = 0
  #elapsedMs = 0
  #order = 0
  readonly #alarms = new Set<Alarm>()

  /** Milliseconds since the beginning of the world. */
  get elapsedMs(): number {
    return this.#elapsedMs
  }

  set(delayMs: number, owner: Owner, callback: () => void): Timer {
    this.activity += 1
    this.#order += 1
    const atMs = this.#elapsedMs + Math.max(delayMs, 0)
    const alarm = { atMs, order: this.#order, owner, callback: inScope(callback) }
    this.#alarms.add(alarm)
    return { cancel: () => this.#alarms.delete(alarm) }
  }

  /** How long it is until the next timer fires; `undefined` where nobody waits for one. */
  get untilNextMs(): number | undefined {
    const next = this.#next()
    return next && Math.max(next.atMs - this.#elapsedMs, 0)
  }

  /** Moves time to the next timer, and fires it. One that was due while its owner was frozen fires late. */
  fireNext(): void {
    const next = this.#next()
    if (!next) return
    this.activity += 1
    this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs)
    this.#alarms.delete(next)
    next.callback()
  }

  #next(): Alarm | undefined {
    let first: Alarm | undefined
    for (const alarm of this.#alarms) {
      if (alarm.owner.state === 'dead') this.#alarms.delete(alarm)
      else if (alarm.owner.state === 'alive' && (!first || isBefore(alarm, first))) first = alarm
    }
    return first
  }
}

function isBefore(left: Alarm, right: Alarm): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
}

/** Somebody's view of the time: a wall clock that may be wrong, and timers that end with whoever set them. */
export class SkewedClock implements Clock {
  /** By how much the wall clock is wrong. */
  skewMs: number
  readonly #timeline: Timeline
  readonly #owner: Owner

  constructor(timeline: Timeline, owner: Owner, skewMs = 0) {
    this.#timeline = timeline
    this.#owner = owner
    this.skewMs = skewMs
  }

  now(): number {
    return START_MS + Math.floor(this.#timeline.elapsedMs + this.skewMs)
  }

  elapsed(): number {
    return this.#timeline.elapsedMs
  }

  timer(delayMs: number, callback: () => void): Timer {
    return this.#timeline.set(delayMs, this.#owner, callback)
  }
}

/** The clock of the machine that a file is on: an uptime that nobody sets, and a wall clock that somebody may. */
export class MachineClock extends SkewedClock {
  machine() {
    return { boot: 'simulated', uptimeMs: () => this.elapsed() }
  }
}
