import { sleep, systemClock, within } from '../src/kit/clock.ts'
import type { Child } from './child.ts'

/** A supervisor starts the next one after this. */
const RESTART_MS = 300
/** A worker has a few seconds to let its handlers end, and a call of a client's is tried again for 30 s at most. */
const STOP_MS = 300_000

interface SlotOptions {
  readonly name: string
  /** Starts the process of this slot that bears this name. */
  readonly launch: (process: string) => Child
  /** Tells a process to stop in its own time. */
  readonly stop: (child: Child) => void
  readonly onMisbehaved: (process: string, how: string) => void
}

/** A place for one process: whenever it has ended, another one takes it. */
export class Slot {
  readonly name: string
  readonly #options: SlotOptions
  readonly #over = new AbortController()
  readonly #kept: Promise<void>
  #lives = 0
  #child: Child

  constructor(options: SlotOptions) {
    this.#options = options
    this.name = options.name
    this.#child = this.#launch()
    this.#kept = this.#keep()
  }

  /** The process that is in it now, or was last. */
  get child(): Child {
    return this.#child
  }

  /** Lets the process end, and no other one follow. One that does not is killed. */
  async retire(): Promise<void> {
    this.#over.abort()
    const { name } = this.#child
    this.#options.stop(this.#child)
    let isGone = false
    await within(
      STOP_MS,
      this.#kept.then(() => {
        isGone = true
      }),
    )
    if (!isGone) this.#options.onMisbehaved(name, `would not stop within ${STOP_MS} ms`)
    await this.end()
  }

  /** Ends it at once. */
  async end(): Promise<void> {
    this.#over.abort()
    this.#child.signal('SIGKILL')
    await this.#kept
  }

  async #keep(): Promise<void> {
    for (;;) {
      const how = await this.#child.ended
      if (how !== undefined) this.#options.onMisbehaved(this.#child.name, how)
      await sleep(systemClock, RESTART_MS, this.#over.signal)
      if (this.#over.signal.aborted) return
      this.#child = this.#launch()
    }
  }

  #launch(): Child {
    this.#lives += 1
    return this.#options.launch(`${this.name}.${this.#lives}`)
  }
}
