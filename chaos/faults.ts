import { sleep, systemClock } from '../src/kit/clock.ts'
import type { Slot } from './crew.ts'
import type { Act } from './places/place.ts'
import type { Fault, FaultKind } from './plan.ts'
import type { Stage } from './stage.ts'

/** A clock is set by up to so much, small steps as likely as large ones. */
const LONGEST_STEP_MS = 3_600_000
const LONG_MS = 30_000

/** Lets go wrong what the plan says. */
export class Faults {
  readonly #stage: Stage
  readonly #slots: ReadonlyMap<string, Slot>
  readonly #onProgress: (words: string) => void
  readonly #acts: Readonly<Partial<Record<FaultKind, Act>>>
  readonly #under = new Set<Promise<void>>()

  constructor(stage: Stage, slots: ReadonlyMap<string, Slot>, onProgress: (words: string) => void) {
    this.#stage = stage
    this.#onProgress = onProgress
    this.#slots = slots
    this.#acts = {
      'kill a worker': (fault) => this.#signal(fault, 'SIGKILL'),
      'kill a client': (fault) => this.#signal(fault, 'SIGKILL'),
      'stop a worker': (fault) => this.#signal(fault, 'SIGTERM'),
      'freeze a worker': (fault) => this.#freeze(fault),
      'freeze a client': (fault) => this.#freeze(fault),
      'block an event loop': async (fault) =>
        this.#childOf(fault).tell({ word: 'block', forMs: fault.forMs }),
      'set the clock': async ({ draw }) => stage.clock.setOff((2 * draw - 1) ** 3 * LONGEST_STEP_MS),
      ...stage.place.acts,
    }
  }

  /** Goes through the plan, in its time; resolves when the last of it is over. */
  async run(plan: readonly Fault[]): Promise<void> {
    const startMs = systemClock.elapsed()
    for (const fault of plan) {
      await sleep(systemClock, Math.max(0, startMs + fault.atMs - systemClock.elapsed()))
      this.#begin(fault)
    }
    await Promise.all(this.#under)
  }

  /** What cannot be here is left out, as the place says; and whoever is just being replaced is spared. */
  #begin(fault: Fault): void {
    const act = this.#acts[fault.kind]
    if (!act) return
    const { kind, target, forMs } = fault
    const child = this.#slots.get(target)?.child
    if (child && !child.isRunning) return
    this.#stage.witness.write({ kind: 'fault', fault: kind, target: child?.name ?? target, forMs })
    const under = this.#watched(fault, act)
    // Told at the end, by whoever waits for all of them.
    under.catch(() => {})
    this.#under.add(under)
  }

  /** What takes far longer than it was to take is said: nobody would know what is waited for. */
  async #watched(fault: Fault, act: Act): Promise<void> {
    const { kind, target, forMs } = fault
    const words = `'${kind}' of ${target}, of ${forMs} ms, is still not over`
    const timer = systemClock.timer(forMs + LONG_MS, () => this.#onProgress(words))
    await act(fault).finally(() => timer.cancel())
  }

  async #signal(fault: Fault, signal: NodeJS.Signals): Promise<void> {
    this.#childOf(fault).signal(signal)
  }

  async #freeze(fault: Fault): Promise<void> {
    const child = this.#childOf(fault)
    child.signal('SIGSTOP')
    await sleep(systemClock, fault.forMs)
    child.signal('SIGCONT')
  }

  #childOf({ target }: Fault) {
    const slot = this.#slots.get(target)
    if (!slot) throw new Error(`there is nobody who is called ${target}`)
    return slot.child
  }
}
