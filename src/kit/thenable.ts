/** Whether it is to be waited for: of any realm and library, a function that has a `then` too. A getter may throw. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  return typeof (value as { readonly then?: unknown }).then === 'function'
}

/**
 * A promise of here for something to be waited for. Not `Promise.resolve`, which gives back a promise as it is: the
 * `then` of that may be anything.
 */
export function adopt<Value>(thenable: PromiseLike<Value>): Promise<Value> {
  return new Promise((resolve) => resolve(thenable))
}

/** The same promise, of which it is no fault if nobody waits for it. */
export function unheard<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {})
  return promise
}
