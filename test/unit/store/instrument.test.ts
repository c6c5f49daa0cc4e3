import { expect, test } from 'vitest'
import { Emitter } from '../../../src/kit/emitter.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { instrument } from '../../../src/store/instrument.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { enqueue, newJob, startWorker } from '../../support/jobs.ts'

test('what a worker still holds when it signs off is told to the others of its process', async () => {
  const clock = new VirtualClock()
  const store = instrument(openMemoryStore({ clock }), {
    events: new Emitter(() => {}),
    clock,
    random: () => 0.5,
    busyTimeoutMs: 0,
    enqueueTimeoutMs: 0,
  })
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
