import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { defineJob, isMillhandError, openQueue, type Queue, Worker } from 'millhand'
import { expect, onTestFinished, test } from 'vitest'
import { openFields } from '../../src/queue/open-options.ts'
import { workerFields } from '../../src/worker/options.ts'

/** A door with the names of what it takes, and a call that passes a value as one of them, or in place of all. */
interface Door {
  readonly options: readonly string[]
  readonly pass: (queue: Queue, options: unknown) => unknown
}

const CASES = 2_000
/** Only to end what is stuck: every case is over in a moment. */
const STUCK_MS = 20_000

const echo = defineJob({ name: 'test.echo', run: (input) => input })
const run = () => {}

const ENQUEUE = [
  'queue',
  'priority',
  'delay',
  'runAt',
  'expiresIn',
  'deadline',
  'key',
  'keyScope',
  'onConflict',
  'limits',
  'requires',
  'tags',
  'context',
  'retries',
  'timeout',
  'tx',
]
const FILTER = [
  'job',
  'state',
  'name',
  'queue',
  'tag',
  'key',
  'scheduled',
  'olderThan',
  'newerThan',
  'input',
  'error',
]
const POLICY = [
  'name',
  'queue',
  'priority',
  'retries',
  'timeout',
  'stallTimeout',
  'expiresIn',
  'deadline',
  'keyScope',
  'onConflict',
  'limits',
  'requires',
  'cache',
  'cleanup',
  'backoff',
  'retryOn',
  'stopOn',
]

const doors: Readonly<Record<string, Door>> = {
  openQueue: {
    options: Object.keys(openFields),
    pass: async (_, options) => (await openQueue('memory:', options as never)).close(),
  },
  'openQueue in place of the URL': {
    options: ['postgres', 'schema'],
    pass: (_, options) => (typeof options === 'string' ? undefined : openQueue(options as never)),
  },
  Worker: {
    options: Object.keys(workerFields),
    pass: (queue, options) => new Worker(queue, options as never),
  },
  'the queue of a Worker': { options: [], pass: (_, queue) => new Worker(queue as never, { jobs: [echo] }) },
  defineJob: {
    options: [...POLICY, 'classifyError', 'input', 'output', 'checkpoint', 'run'],
    pass: (_, options) => defineJob(withDefaults(options, { name: 'test.fuzzed', run }) as never),
  },
  enqueue: { options: ENQUEUE, pass: (queue, options) => queue.enqueue(echo, 1, options as never) },
  'the job of an enqueue': { options: [], pass: (queue, job) => queue.enqueue(job as string, 1) },
  'the input of an enqueue': { options: [], pass: (queue, input) => queue.enqueue(echo, input) },
  'the options of enqueueMany': {
    options: ENQUEUE,
    pass: (queue, options) => queue.enqueueMany(echo, [1, 2], options as never),
  },
  'the inputs of enqueueMany': {
    options: [],
    pass: (queue, inputs) => queue.enqueueMany(echo, inputs as never),
  },
  'an item of enqueueMany': {
    options: ['job', 'input', 'options'],
    pass: (queue, item) => queue.enqueueMany([withDefaults(item, { job: echo }) as never]),
  },
  'the items of enqueueMany': { options: [], pass: (queue, items) => queue.enqueueMany(items as never) },
  list: { options: [...FILTER, 'limit', 'before'], pass: (queue, options) => queue.list(options as never) },
  count: { options: FILTER, pass: (queue, options) => queue.count(options as never) },
  'the definition of a get': { options: [], pass: (queue, job) => queue.get(job as never, 'id') },
  'the definition of a handle': { options: [], pass: (queue, job) => queue.handle(job as never, 'id').get() },
  prune: {
    options: ['complete', 'failed', 'cancelled'],
    pass: (queue, options) => queue.prune(options as never),
  },
}

/** What the other options need, where it is but an object with one of them. */
function withDefaults(options: unknown, defaults: object): unknown {
  const isOne = typeof options === 'object' && options !== null && made.has(options)
  return isOne ? Object.defineProperties({ ...defaults }, Object.getOwnPropertyDescriptors(options)) : options
}

/** The objects of one option that were made here, rather than whatever was passed in place of all. */
const made = new WeakSet<object>()

function withOne(option: string, descriptor: PropertyDescriptor): object {
  const options = Object.defineProperty({}, option, { ...descriptor, enumerable: true })
  made.add(options)
  return options
}

function boom(): never {
  throw new RangeError('boom')
}

/** Made anew in each case, and told by a name, since most of them cannot be shown. */
const hostile: Readonly<Record<string, () => unknown>> = {
  'a getter that throws': () => Object.defineProperty({}, 'name', { get: boom, enumerable: true }),
  'a list with a getter that throws': () => Object.defineProperty([1], 0, { get: boom, enumerable: true }),
  'a proxy that throws at everything': () => new Proxy({}, everyTrap()),
  'a function behind such a proxy': () => new Proxy(() => {}, everyTrap()),
  'a proxy of a list that lies about its length': () =>
    new Proxy([], { get: (list, name) => (name === 'length' ? 2 ** 53 : Reflect.get(list, name)) }),
  'a revoked proxy': () => revoked({}),
  'a revoked proxy of a list': () => revoked([]),
  'a list of a revoked proxy': () => [revoked({})],
  'a list of null': () => [null],
  'a list of four billion holes': () => new Array(2 ** 32 - 1),
  'a list that holds itself': () => {
    const list: unknown[] = []
    list.push(list)
    return list
  },
  'an object that holds itself': () => {
    const object: Record<string, unknown> = {}
    object.self = object
    return object
  },
  'not a number': () => Number.NaN,
  'minus zero': () => -0,
  'more than a whole number can be': () => 2 ** 53,
  infinity: () => Number.POSITIVE_INFINITY,
  'a BigInt': () => 5n,
  'a symbol': () => Symbol('odd'),
  'a huge text': () => 'x'.repeat(5_000_000),
  'a NUL': () => 'a\0b',
  'half a pair': () => '\ud800',
  // biome-ignore lint/suspicious/noThenProperty: that is what it is about
  'a thenable that throws': () => ({ then: boom }),
  // biome-ignore lint/suspicious/noThenProperty: that is what it is about
  'a thenable that never ends': () => ({ then() {} }),
  'a rejected promise': () => {
    const promise = Promise.reject(new RangeError('boom'))
    promise.catch(() => {})
    return promise
  },
  'a date of another realm': () => runInNewContext('new Date(5)'),
  'a date that is none': () => new Date(Number.NaN),
  'a date with a getTime of its own': () => Object.assign(new Date(5), { getTime: boom }),
  'a list of another realm': () => runInNewContext('["a", "b"]'),
  'an object of another realm': () => runInNewContext('({ a: 1 })'),
  'an object that throws as a text': () => ({ toString: boom, valueOf: boom, [Symbol.toPrimitive]: boom }),
  'an object that throws as JSON': () => ({ toJSON: boom }),
  'an object without a prototype': () => Object.create(null),
  'a function': () => () => 1,
  'a function that throws': () => boom,
  'a class': () => class {},
  'a boxed text': () => Object('boxed'),
  'a map': () => new Map([[{}, 1]]),
  null: () => null,
  undefined: () => undefined,
}

function everyTrap(): ProxyHandler<object> {
  return Object.fromEntries(Reflect.ownKeys(Reflect).map((trap) => [trap, boom]))
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

const anyValue = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...Object.keys(hostile))
      .map((name) => ({ name, make: () => hostile[name]?.() })),
  },
  {
    weight: 1,
    arbitrary: fc
      .anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withSparseArray: true,
      })
      .map((value) => ({ name: fc.stringify(value), make: () => value })),
  },
)

/** A door, one of its options or all of them, and how the value gets there. */
const anyCall = fc.constantFrom(...Object.keys(doors)).chain((door) =>
  fc.record({
    door: fc.constant(door),
    option: fc.constantFrom('', 'odd', '__proto__', ...(doors[door]?.options ?? [])),
    how: fc.constantFrom('value', 'value', 'getter'),
    value: anyValue,
  }),
)

test(`what is passed to a public door is accepted or refused with a code, whatever it is (${CASES} cases)`, async () => {
  const queue = await openQueue('memory:', { jobs: [echo] })
  onTestFinished(() => queue.close())
  let refused = 0
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(anyCall, async ({ door, option, how, value }) => {
      const passed = value.make()
      const options = option === '' ? passed : withOne(option, described(passed, how))
      try {
        await doors[door]?.pass(queue, options)
        accepted += 1
      } catch (error) {
        if (!isMillhandError(error)) throw error
        expect(error.code).toMatch(/^[a-z_]+$/)
        expect(error.message.length).toBeLessThan(2_000)
        refused += 1
      }
    }),
    { numRuns: CASES, timeout: STUCK_MS },
  )
  // Most of what is passed is nothing that a door takes.
  expect(Math.min(refused, accepted)).toBeGreaterThan(CASES / 50)
})

function described(value: unknown, how: string): PropertyDescriptor {
  return how === 'getter' ? { get: boom } : { value }
}
