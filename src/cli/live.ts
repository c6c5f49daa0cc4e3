import { systemClock } from '../kit/clock.ts'
import { deferred } from '../kit/deferred.ts'
import { isMillhandError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import type { Queue } from '../queue/queue.ts'
import type { JobChange } from '../queue/subscribe.ts'

export interface LiveOptions {
  readonly queue: Queue
  readonly signal: AbortSignal
  /** Reads and shows the newest state. */
  readonly show: () => Promise<void>
}

/** Four times a second is as often as anybody reads. */
const SHORTEST_INTERVAL_MS = 250
/** Without a change, ages still grow. */
const LONGEST_INTERVAL_MS = 1_000
/** Reading may take at most this share of the time: counting a large store is not free. */
const READ_SHARE = 0.25

/** Calls `show` now and whenever jobs have changed, a few times a second at most, until the signal aborts. */
export async function live({ queue, signal, show }: LiveOptions): Promise<void> {
  let changed = true
  let shownAtMs = 0
  const failed = deferred<never>()
  const round = async () => {
    const startMs = systemClock.elapsed()
    if (!changed && startMs - shownAtMs < LONGEST_INTERVAL_MS) return SHORTEST_INTERVAL_MS
    changed = false
    await show()
    shownAtMs = systemClock.elapsed()
    return Math.max(SHORTEST_INTERVAL_MS, (shownAtMs - startMs) / READ_SHARE)
  }
  const service = new Service({ name: 'live', runOnce: round, onError: failed.reject })
  service.start()
  try {
    await Promise.race([
      failed.promise,
      readChanges(queue, signal, () => {
        changed = true
      }),
    ])
  } finally {
    await service.stop()
  }
}

async function readChanges(queue: Queue, signal: AbortSignal, onChange: () => void): Promise<void> {
  for await (const _ of queue.subscribe({ signal, capacity: 1 })) onChange()
}

/**
 * Tells each change until the signal aborts. A database that is away is waited for; what does not pass by itself, such as a
 * role that may not subscribe, is thrown: else nothing would be told for ever, without a word.
 */
export async function eachChange(
  queue: Queue,
  signal: AbortSignal,
  onChange: (change: JobChange) => void,
): Promise<void> {
  const failed = deferred<never>()
  const stop = queue.on('loop_error', ({ loop, error }) => {
    if (loop === 'subscribe' && !isMillhandError(error, 'store_busy')) failed.reject(error)
  })
  const read = async () => {
    for await (const change of queue.subscribe({ signal })) onChange(change)
  }
  await Promise.race([failed.promise, read()]).finally(stop)
}
