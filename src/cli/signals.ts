import { EXIT } from './exit.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls `onSignal` with 1, 2, 3, … as the process is asked to end, until the returned function is called. */
export function onSignals(onSignal: (count: number) => void): () => void {
  let count = 0
  const listener = () => {
    count += 1
    onSignal(count)
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener)
  }
}

/** Runs `body` with a signal that the first Ctrl-C aborts; the second one ends the process at once. */
export async function interruptible<Result>(body: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController()
  const stop = onSignals((count) => {
    if (count > 1) process.exit(EXIT.interrupted)
    controller.abort()
  })
  try {
    return await body(controller.signal)
  } finally {
    stop()
  }
}
