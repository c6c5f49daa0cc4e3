import { systemClock } from '../kit/clock.ts'
import { isMillhandError } from '../kit/error.ts'
import { systemRandom } from '../kit/random.ts'
import { isTransient, storeError } from './errors.ts'
import { Patience } from './patience.ts'

/** How a store is opened that is not there yet. */
export interface Opening {
  /** How long it is waited for, in milliseconds: 5 s by default. */
  readonly timeoutMs?: number | undefined
  /** Told what it waits for, whenever that is another thing. */
  readonly onWait?: ((error: Error) => void) | undefined
}

/** Whoever has mistyped the name of a server, or asks by hand, should not wait long. */
const OPEN_TIMEOUT_MS = 5_000

/**
 * Opens what may be locked or away for a while: a file that another process migrates, a server that starts together with
 * its workers. In real time, whatever clock is injected: what it waits for is another process.
 *
 * @throws MillhandError `store_busy`, with the last passing fault as its cause
 */
export async function openPatiently<Result>(
  location: string,
  { timeoutMs = OPEN_TIMEOUT_MS, onWait }: Opening,
  open: () => Result | Promise<Result>,
): Promise<Result> {
  let told = ''
  const patience = new Patience({
    clock: systemClock,
    random: systemRandom,
    location,
    onRetry({ error }) {
      if (error.message !== told) onWait?.(error)
      told = error.message
    },
    onBack() {},
  })
  const startMs = systemClock.elapsed()
  try {
    return await patience.run('open', async () => open(), { limitMs: timeoutMs })
  } catch (error) {
    if (!isMillhandError(error, 'store_busy') || !isTransient(error.cause)) throw error
    // What takes a while to fail was not waited for, where nothing was to be tried again.
    const waitedMs = timeoutMs === 0 ? 0 : Math.round(systemClock.elapsed() - startMs)
    throw storeError('store_busy', { location, waitedMs, option: 'openTimeout' }, { cause: error.cause })
  }
}
