import { isFinal } from '../src/job/state.ts'
import { type Clock, sleep } from '../src/kit/clock.ts'
import type { Queue } from '../src/queue/queue.ts'
import type { JobChange } from '../src/queue/subscribe.ts'

/** Somebody who hears of what becomes of jobs. */
export class Listener {
  readonly #complete = new Set<string>()
  readonly #ended = new Set<string>()
  readonly #signal = new AbortController()

  /** Whether it has heard how the job ended. */
  hasHeardOf(id: string): boolean {
    return this.#ended.has(id)
  }

  /** Hears all that there is to hear, until it is ended. @throws Error when that cannot have been */
  async listen(queue: Queue): Promise<void> {
    for await (const change of queue.subscribe({ signal: this.#signal.signal })) this.#hear(change)
  }

  /** The same for so long. */
  async listenFor(ms: number, queue: Queue, clock: Clock): Promise<void> {
    const listening = this.listen(queue)
    await Promise.race([listening, sleep(clock, ms)])
    this.end()
    await listening
  }

  end(): void {
    this.#signal.abort()
  }

  #hear({ id, verb, state }: JobChange): void {
    // One that was pruned at once may be stored anew, when its enqueue is made again.
    if (verb === 'enqueue') this.#complete.delete(id)
    if (this.#complete.has(id)) throw new Error(`heard ${verb} of ${id}, which was complete`)
    if (state === 'complete') this.#complete.add(id)
    if (isFinal(state)) this.#ended.add(id)
  }
}
