import type { Clock } from '../../../kit/clock.ts'
import type { Machine } from '../../../kit/machine.ts'
import type { Connection } from '../connection.ts'
import { type Anchor, anchorOf, moveAnchor } from './anchor.ts'

/** The wall clock and the time of the file may be so far apart, before somebody is taken to have set the former. */
const STEP_MS = 2_000

/** A process that was held up between two looks at two clocks would see a step that is none. */
const LOOK_MS = 50
const LOOKS = 5

/** A time, and the anchor that it follows from; none of a clock that is injected. */
export interface KnownTime {
  readonly nowMs: number
  readonly anchor: Anchor | undefined
}

interface Look {
  readonly boot: string
  readonly uptimeMs: number
  readonly wallMs: number
}

/**
 * The time that counts in a file. All processes of a file are on one machine, so that it goes by the machine's uptime,
 * which nobody sets, plus what the file says: leases and short delays last as long as they should, whatever happens to
 * the wall clock. When that was set, or the machine has slept, whoever notices moves the file's time after it: see
 * `anchor.ts`. A clock that is injected is the time by itself.
 */
export class StoreTime {
  readonly #clock: Clock
  readonly #machine: Machine | undefined
  #lastRead: Anchor | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#machine = clock.machine?.()
  }

  /** The time for a look. */
  forRead(connection: Connection): number {
    const look = this.#look()
    if (!look) return this.#clock.now()
    const anchor = this.#read(connection)
    if (!anchor || !isOfBoot(anchor, look)) return look.wallMs
    if (!isStepped(anchor, look)) return timeOf(anchor, look)
    try {
      return connection.write(false, () => this.forWrite(connection))
    } catch {
      // Whoever writes next does it: till then everybody goes by the time as it was.
      return timeOf(anchor, look)
    }
  }

  /** The time within a transaction that writes: nobody else moves it meanwhile. */
  forWrite(connection: Connection): number {
    const look = this.#look()
    if (!look) return this.#clock.now()
    const anchor = this.#read(connection)
    if (anchor && isOfBoot(anchor, look) && !isStepped(anchor, look)) return timeOf(anchor, look)
    const nowMs = Math.floor(look.wallMs)
    const { boot, uptimeMs } = look
    const moved = { boot, uptimeMs: Math.floor(uptimeMs), offsetMs: nowMs - uptimeMs }
    moveAnchor(connection, moved, {
      nowMs,
      wasMs: anchor && isOfBoot(anchor, look) ? timeOf(anchor, look) : null,
    })
    return nowMs
  }

  /**
   * The time by the anchor that was read last, for one statement that does nothing where the file has another one by now: see
   * `anchorHolds`. `undefined` where nobody can say before it is read.
   */
  asKnown(): KnownTime | undefined {
    const look = this.#look()
    if (!look) return { nowMs: this.#clock.now(), anchor: undefined }
    const anchor = this.#lastRead
    if (!anchor || !isOfBoot(anchor, look) || isStepped(anchor, look)) return undefined
    return { nowMs: timeOf(anchor, look), anchor }
  }

  #read(connection: Connection): Anchor | undefined {
    this.#lastRead = anchorOf(connection)
    return this.#lastRead
  }

  #look(): Look | undefined {
    const machine = this.#machine
    if (!machine) return undefined
    const { boot } = machine
    for (let looks = 1; ; looks += 1) {
      const beforeMs = machine.uptimeMs()
      const wallMs = this.#clock.now()
      const uptimeMs = machine.uptimeMs()
      if (uptimeMs - beforeMs < LOOK_MS || looks === LOOKS) return { boot, uptimeMs, wallMs }
    }
  }
}

function isOfBoot(anchor: Anchor, { boot, uptimeMs }: Look): boolean {
  return anchor.boot === boot && anchor.uptimeMs <= uptimeMs
}

function timeOf({ offsetMs }: Anchor, { uptimeMs }: Look): number {
  return Math.floor(uptimeMs + offsetMs)
}

function isStepped(anchor: Anchor, look: Look): boolean {
  return Math.abs(look.wallMs - timeOf(anchor, look)) > STEP_MS
}
