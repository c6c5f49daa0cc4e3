import { asError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import type { QueueInternals } from '../queue/internals.ts'
import type { CancelNotice } from '../store/workers.ts'
import type { Attempt } from './attempt.ts'
import type { Roster } from './roster.ts'

/** Attempts shorter than this end before a cancel could reach them; looking after them would only cost. */
const LONG_ATTEMPT_MS = 100
/** How often the store is asked at most, however many notices come. */
const ASK_INTERVAL_MS = 50
const IDLE_LOOK_MS = 250

/**
 * Brings a cancel to the running handler within milliseconds where the store can notify; without, the next beat does
 * it. Asks only while there are attempts that last.
 */
export class CancelWatch {
  readonly #queue: QueueInternals
  readonly #attempts: Roster
  readonly #onCancelled: (notices: readonly CancelNotice[]) => void
  readonly #service: Service
  /** Long attempts that were asked for once: a notice may have come while they were too short to be looked after. */
  readonly #asked = new WeakSet<Attempt>()
  #stopListening: (() => void) | undefined
  #noticed = false
  #stopped = new AbortController()

  constructor(
    queue: QueueInternals,
    attempts: Roster,
    onCancelled: (notices: readonly CancelNotice[]) => void,
  ) {
    this.#queue = queue
    this.#attempts = attempts
    this.#onCancelled = onCancelled
    this.#service = new Service({
      name: 'cancel',
      clock: queue.clock,
      runOnce: () => this.#look(),
      onError: (error) => queue.events.emit('loop_error', { loop: 'cancel', error: asError(error) }),
    })
  }

  start(): void {
    this.#stopped = new AbortController()
    this.#service.start()
  }

  /** There are attempts to look after again. */
  wake(): void {
    if (!this.#stopListening) this.#service.wake()
  }

  async stop(): Promise<void> {
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#stopped.abort()
    await this.#service.stop()
  }

  async #look(): Promise<number> {
    const long = [...this.#attempts].filter((attempt) => attempt.elapsedMs >= LONG_ATTEMPT_MS)
    if (long.length === 0) {
      this.#stopListening?.()
      this.#stopListening = undefined
      return this.#attempts.size === 0 ? Number.POSITIVE_INFINITY : IDLE_LOOK_MS
    }
    if (!this.#stopListening) this.#listen()
    if (!this.#noticed && long.every((attempt) => this.#asked.has(attempt))) return IDLE_LOOK_MS
    this.#noticed = false
    for (const attempt of long) this.#asked.add(attempt)
    await this.#ask(long)
    return ASK_INTERVAL_MS
  }

  #listen(): void {
    const onNotice = () => {
      this.#noticed = true
    }
    const stops = [
      this.#queue.store.listen('changed', onNotice),
      this.#queue.store.local.on('changed', onNotice),
    ]
    this.#stopListening = () => {
      for (const stop of stops) stop()
    }
  }

  async #ask(attempts: readonly Attempt[]): Promise<void> {
    const { catalog } = this.#queue.store.until(this.#stopped.signal)
    const records = await catalog.get(attempts.map((attempt) => attempt.job.id))
    const cancelled = records.filter((record) => record.state === 'cancelled')
    this.#onCancelled(
      cancelled.map(({ seq, id, epoch, reason }) => ({ seq, id, epoch, reason: reason ?? '' })),
    )
  }
}
