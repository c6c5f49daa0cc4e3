import type { Clock } from '../../src/kit/clock.ts'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'

/** A machine whose wall clock a test sets, and which it boots: time goes by as on the virtual clock. */
export class ScriptedMachine {
  readonly #clock: VirtualClock
  #boots = 1
  #bootedAtMs: number
  #offMs = 0
  /** Called between two looks at two clocks. */
  onLook: () => void = () => {}

  constructor(clock: VirtualClock) {
    this.#clock = clock
    this.#bootedAtMs = clock.elapsed()
  }

  /** Sets the wall clock forward, or back. The machine that slept is the same: its uptime stood still. */
  step(byMs: number): void {
    this.#offMs += byMs
  }

  boot(): void {
    this.#boots += 1
    this.#bootedAtMs = this.#clock.elapsed()
  }

  /** The clock of a process of this boot. */
  clock({ tellsBoot = true } = {}): Clock {
    const clock = this.#clock
    return {
      now: () => {
        this.onLook()
        return clock.now() + this.#offMs
      },
      elapsed: () => clock.elapsed(),
      timer: (delayMs, callback) => clock.timer(delayMs, callback),
      during: (work) => clock.during(work),
      machine: () => ({
        boot: tellsBoot ? `boot ${this.#boots}` : '',
        uptimeMs: () => clock.elapsed() - this.#bootedAtMs,
      }),
    }
  }
}
