import { within } from '../kit/clock.ts'

/** How long the transactions that are open when the store is closed may take to end by themselves. */
const CLOSE_WAIT_MS = 5_000

/**
 * The transactions of callers that are under way in one store, or wait for their turn. Their bodies are not Millhand's
 * and may never end: each is ended when whoever began it is gone, and all of them when the store is closed.
 */
export class Endings {
  readonly #waitMs: number
  readonly #running = new Map<AbortController, Promise<unknown>>()
  #closed: Error | undefined

  constructor(waitMs = CLOSE_WAIT_MS) {
    this.#waitMs = waitMs
  }

  /** Runs `work` with a signal that aborts when `given` does, or when the store is closed and it takes too long. */
  async run<Result>(
    given: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closed) throw this.#closed
    given?.throwIfAborted()
    const ending = new AbortController()
    const onAbort = () => ending.abort(given?.reason)
    given?.addEventListener('abort', onAbort, { once: true })
    const running = work(ending.signal)
    this.#running.set(ending, running)
    try {
      return await running
    } finally {
      this.#running.delete(ending)
      given?.removeEventListener('abort', onAbort)
    }
  }

  /** Takes no more; waits for those that are under way, and ends those that take too long. */
  async close(error: Error): Promise<void> {
    this.#closed ??= error
    const all = Promise.allSettled(this.#running.values())
    await within(this.#waitMs, all)
    for (const ending of this.#running.keys()) ending.abort(error)
    await all
  }
}
