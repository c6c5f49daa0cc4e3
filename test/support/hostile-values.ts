/** Values of which each does something that nobody expects of a value; each is made anew, since some can be used once. */
export const hostileValues: Readonly<Record<string, () => unknown>> = {
  'a revoked proxy': () => revoked({}),
  'a revoked proxy of a function': () => revoked(() => {}),
  'a proxy whose traps throw': () => refusing({}),
  'an error behind a proxy whose traps throw': () => refusing(new Error('x')),
  'a thenable whose then throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: that it has one is what is tested
    get then() {
      throw new Error('no then')
    },
  }),
  'a thenable that never answers': () => thenable({}, () => {}),
  'a function that is a thenable and never answers': () =>
    thenable(
      () => {},
      () => {},
    ),
  'a thenable that refuses with a revoked proxy': () => thenable({}, (_, reject) => reject(revoked({}))),
  'a promise whose own then does nothing': () => thenable(Promise.resolve(1), () => {}),
  'an error whose name throws': () => withGetter(new Error('x'), 'name'),
  'an error whose message throws': () => withGetter(new Error('x'), 'message'),
  'an error whose code throws': () => withGetter(new Error('x'), 'code'),
  'an error whose cause throws': () => withGetter(new Error('x'), 'cause'),
  'an error whose message is a symbol': () => Object.assign(new Error('x'), { message: Symbol('odd') }),
  'an error that is its own cause': () => {
    const error = new Error('x')
    error.cause = error
    return error
  },
  'an error of megabytes': () =>
    Object.assign(new Error('m'.repeat(3_000_000)), {
      code: 'c'.repeat(3_000_000),
      stack: 's'.repeat(3_000_000),
    }),
  'an error whose code is a list that refers to itself 2^40 times': () =>
    Object.assign(new Error('x'), { code: doubled(40) }),
  'objects that refer to each other 2^40 times': () => doubled(40),
  'a nesting of 100,000 lists': () => nested(100_000),
  'a text of megabytes': () => '"\\'.repeat(1_500_000),
  'a bigint of a million digits': () => 2n ** 3_000_000n,
  'a symbol': () => Symbol('odd'),
  'not a number': () => Number.NaN,
  'an object whose texts throw': () => ({ toString: thrower, valueOf: thrower, toJSON: thrower }),
  'a delay that is no number': () => withValue(retryAfter(), 'delayMs', Number.NaN),
  'a delay that is a proxy': () => withValue(retryAfter(), 'delayMs', refusing({})),
}

function thrower(): never {
  throw new Error('do not ask')
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

function refusing(target: object): object {
  const traps = Object.getOwnPropertyNames(Reflect).map((name) => [name, thrower])
  return new Proxy(target, Object.fromEntries(traps))
}

type Settle = (value: unknown) => void

function thenable(target: object, then: (resolve: Settle, reject: Settle) => void): object {
  return Object.defineProperty(target, 'then', { value: then })
}

function withGetter(target: object, name: string): object {
  return Object.defineProperty(target, name, { get: thrower })
}

function withValue(target: object, name: string, value: unknown): object {
  return Object.defineProperty(target, name, { value })
}

/** What another copy of the package would take for a `RetryAfter`. */
function retryAfter(): Error {
  return Object.assign(new Error('later'), { [Symbol.for('millhand.retry-after')]: 1 })
}

function doubled(times: number): unknown {
  let value: unknown = []
  for (let time = 0; time < times; time += 1) value = [value, value]
  return value
}

function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 0; level < depth; level += 1) value = [value]
  return value
}
