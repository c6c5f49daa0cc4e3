/** Resolves on the next turn of the event loop, after everything that is ready now has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Calls `callback` on the next turn of the event loop. */
export function onNextTurn(callback: () => void): void {
  setImmediate(callback)
}

/**
 * Calls `callback` when all that waits for nothing but promises has run, before the event loop hears of anything else:
 * sooner than the next turn.
 */
export function onPromisesDone(callback: () => void): void {
  process.nextTick(callback)
}
