/** Resolves on the next turn of the event loop, after everything that is ready now has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Calls `callback` on the next turn of the event loop. */
export function onNextTurn(callback: () => void): void {
  setImmediate(callback)
}
