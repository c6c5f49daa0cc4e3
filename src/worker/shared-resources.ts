import { jobError } from '../job/errors.ts'
import type { Resources } from '../job/resources.ts'
import { unlessAborted } from '../kit/abort.ts'
import type { Clock } from '../kit/clock.ts'
import { asError, messageOf } from '../kit/error.ts'
import type { WorkerSettings } from './options.ts'

type Settings = Pick<WorkerSettings, 'setup' | 'teardown' | 'setupTimeoutMs' | 'abortGraceMs'>

interface SharedResourcesParts {
  readonly clock: Clock
  /** Told what went wrong with the teardown: nobody waits for that. */
  readonly onError: (error: Error) => void
}

/** What `setup` makes before a worker claims, and `teardown` ends when its handlers have ended: `ctx.resources`. */
export class SharedResources {
  readonly #settings: Settings
  readonly #parts: SharedResourcesParts
  #made: { readonly value: Resources } | undefined

  constructor(settings: Settings, parts: SharedResourcesParts) {
    this.#settings = settings
    this.#parts = parts
  }

  get value(): Resources {
    return this.#made?.value ?? {}
  }

  /**
   * Whoever stops does not wait for a setup: see `signal`.
   *
   * @throws MillhandError `setup_failed`, `setup_timed_out`; the reason of `signal`
   */
  async open(signal?: AbortSignal): Promise<void> {
    const { setup, setupTimeoutMs } = this.#settings
    if (!setup) return
    // Its own: the one of a setup that was in time never aborts.
    const waiting = new AbortController()
    const giveUp = () => waiting.abort(signal?.reason)
    signal?.addEventListener('abort', giveUp, { once: true })
    const making = attempted(() => setup({ signal: waiting.signal }))
    const late = this.#parts.clock.timer(setupTimeoutMs, () =>
      waiting.abort(jobError('setup_timed_out', { timeoutMs: setupTimeoutMs })),
    )
    try {
      this.#made = { value: (await unlessAborted(making, waiting.signal)) ?? {} }
    } catch (error) {
      if (!waiting.signal.aborted)
        throw jobError('setup_failed', { problem: messageOf(error) }, { cause: error })
      // What comes too late is nobody's, and has to be ended all the same.
      making.then((value) => this.#end(value ?? {})).catch(() => {})
      throw error
    } finally {
      late.cancel()
      signal?.removeEventListener('abort', giveUp)
    }
  }

  /** Ends what was made, once; resolves after the `abortGrace` at the latest. */
  async close(): Promise<void> {
    const made = this.#made
    this.#made = undefined
    if (made) await this.#end(made.value)
  }

  async #end(value: Resources): Promise<void> {
    const { teardown, abortGraceMs } = this.#settings
    if (!teardown) return
    const tooLong = new AbortController()
    const timer = this.#parts.clock.timer(abortGraceMs, () =>
      tooLong.abort(jobError('teardown_timed_out', { graceMs: abortGraceMs })),
    )
    try {
      await unlessAborted(
        attempted(async () => void (await teardown(value))),
        tooLong.signal,
      )
    } catch (error) {
      this.#parts.onError(asError(error))
    } finally {
      timer.cancel()
    }
  }
}

/** What the caller's function gives, as a promise also where it throws at once. */
async function attempted<Value>(run: () => Value | Promise<Value>): Promise<Value> {
  return run()
}
