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

/**
 * Tells what a thenable comes to. What every `async` function gives is asked itself: by way of a promise of here it would
 * take three microtasks and a promise more, for each job that runs. To be called where what it throws is caught: what only
 * looks like a promise is none.
 */
export function follow<Value>(
  thenable: PromiseLike<Value>,
  resolve: (value: Value) => void,
  reject: (error: unknown) => void,
): void {
  const promise = isOrdinary(thenable) ? thenable : adopt(thenable)
  promise.then(resolve, reject)
}

const ownThen: unknown = Promise.prototype.then

/** Nothing but a promise: its `then` is the one of all, and what that makes is one, too. */
function isOrdinary<Value>(thenable: PromiseLike<Value>): thenable is Promise<Value> {
  return (
    thenable.then === ownThen &&
    Object.getPrototypeOf(thenable) === Promise.prototype &&
    !Object.hasOwn(thenable, 'constructor')
  )
}

/** What a function gave that must not be asynchronous: where it was, nobody hears its failure. */
export function unawaited(given: unknown): unknown {
  if (isThenable(given)) unheard(adopt(given))
  return given
}

/** The same promise, of which it is no fault if nobody waits for it. */
export function unheard<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {})
  return promise
}
