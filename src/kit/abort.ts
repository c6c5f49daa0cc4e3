/**
 * What `promise` gives, or the reason of `signal` as soon as that aborts. What the promise comes to after that is
 * nobody's any more, and no unhandled rejection.
 */
export function unlessAborted<Value>(promise: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const settle = () => signal.removeEventListener('abort', onAbort)
    promise.then(resolve, reject).finally(settle)
  })
}
