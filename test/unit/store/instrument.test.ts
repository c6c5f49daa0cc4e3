import { expect, test } from 'vitest'
import { Emitter } from '../../../src/kit/emitter.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { TransientError } from '../../../src/store/errors.ts'
import { instrument } from '../../../src/store/instrument.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import type { Store } from '../../../src/store/store.ts'
import { atMost } from '../../conformance/limits.ts'
import { enqueue, newJob, startWorker } from '../../support/jobs.ts'

function instrumented(store: Store, clock: VirtualClock, limitMs = 0) {
  return instrument(store, {
    ...{ events: new Emitter(() => {}), clock, random: () => 0.5 },
    ...{ busyTimeoutMs: limitMs, enqueueTimeoutMs: limitMs },
  })
}

test('what a worker still holds when it signs off is told to the others of its process', async () => {
  const clock = new VirtualClock()
  const store = instrumented(openMemoryStore({ clock }), clock)
  await enqueue(store, newJob('a'))
  const worker = await startWorker(store, 'w')
  await worker.claimOne()
  let told = 0
  store.local.on('ready', () => {
    told += 1
  })

  await worker.stop()
  expect(told).toBe(1)
})

test('a change of a limit whose answer was lost, made again, undoes nothing that was set since', async () => {
  const clock = new VirtualClock()
  const memory = openMemoryStore({ clock })
  const [first, since] = [{ concurrency: 3 }, { concurrency: 5 }]
  let tries = 0
  const override: Store['limits']['override'] = async (...given) => {
    const record = await memory.limits.override(...given)
    tries += 1
    if (tries > 1) return record
    await memory.limits.override('api', since)
    throw new TransientError('the answer was lost', { away: true })
  }
  const store = instrumented({ ...memory, limits: { ...memory.limits, override } }, clock, 1_000)
  await store.limits.declare([atMost(9)])

  const set = store.limits.override('api', first)
  await clock.advance(1_000)
  expect(await set).toMatchObject({ override: first })
  expect(tries).toBe(2)
  expect(await store.limits.list()).toMatchObject([{ override: since }])
})

test('what is asked for after a subscription comes after it, however long that takes', async () => {
  const clock = new VirtualClock()
  const memory = openMemoryStore({ clock })
  const connected = Promise.withResolvers<void>()
  const subscribe: Store['feed']['subscribe'] = async (...given) => {
    await connected.promise
    return memory.feed.subscribe(...given)
  }
  const store = instrumented({ ...memory, feed: { ...memory.feed, subscribe } }, clock)

  const subscribed = store.feed.subscribe('reader', 1_000)
  const enqueued = enqueue(store, newJob('a'))
  await clock.settle()
  expect(await memory.catalog.get(['a'])).toEqual([])
  connected.resolve()
  await enqueued
  expect(await store.feed.changesAfter(await subscribed, 10)).toMatchObject([{ id: 'a', verb: 'enqueue' }])
})

test('a subscription that fails, or is kept alive, keeps nobody waiting', async () => {
  const clock = new VirtualClock()
  const memory = openMemoryStore({ clock })
  let calls = 0
  const subscribe: Store['feed']['subscribe'] = (...given) => {
    calls += 1
    if (calls === 1) return Promise.reject(new Error('no connection'))
    return calls === 2 ? memory.feed.subscribe(...given) : new Promise(() => {})
  }
  const store = instrumented({ ...memory, feed: { ...memory.feed, subscribe } }, clock)

  await expect(store.feed.subscribe('reader', 1_000)).rejects.toThrow('no connection')
  await enqueue(store, newJob('a'))
  await store.feed.subscribe('reader', 1_000)
  void store.feed.subscribe('reader', 1_000)
  await enqueue(store, newJob('b'))
  expect(await memory.catalog.get(['a', 'b'])).toHaveLength(2)
})
