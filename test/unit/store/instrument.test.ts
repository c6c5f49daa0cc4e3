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
