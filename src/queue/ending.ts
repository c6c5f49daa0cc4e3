import type { Clock } from '../kit/clock.ts'

/** What ends a wait that nothing else has ended. */
interface Ends {
  /** None: it may last for ever. */
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal | undefined
  /** What it is refused with when its time is over. */
  readonly timedOut: (timeoutMs: number) => Error
}

/** Refuses a wait when its time is over, or its signal aborts; until the returned function is called. */
export function ending(clock: Clock, refuse: (reason: unknown) => void, ends: Ends): () => void {
  const { timeoutMs, signal, timedOut } = ends
  const timer =
    timeoutMs === undefined ? undefined : clock.timer(timeoutMs, () => refuse(timedOut(timeoutMs)))
  const abort = () => refuse(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  return () => {
    timer?.cancel()
    signal?.removeEventListener('abort', abort)
  }
}
