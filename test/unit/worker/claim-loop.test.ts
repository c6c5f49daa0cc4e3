import { expect, test } from 'vitest'
import { defineJob } from '../../../src/index.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { internalsOf } from '../../../src/queue/internals.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { ClaimLoop } from '../../../src/worker/claim-loop.ts'
import type { Crew } from '../../../src/worker/crew.ts'
import type { Lease } from '../../../src/worker/lease.ts'
import { parseWorkerOptions } from '../../../src/worker/options.ts'
import { queueOn } from '../../support/queue.ts'

/** A crew of one slot whose jobs were quick so far, so that its loop claims ahead of that slot. */
function quickCrew(taken: number) {
  return {
    slots: { taken, runsAlone: false },
    active: taken,
    busy: taken,
    begunMs: 0,
    rate: { perMs: 1, latest: 100, measure: () => {}, slowDown: () => {} },
    settler: { waitingBytes: 0, flushMs: { value: 0 } },
    release: async () => {},
  }
}

test('a worker that found nothing while its slots were taken looks again when one is free', async () => {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock })
  const begins: (number | undefined)[] = []
  const claim: typeof store.jobs.claim = async (request) => {
    begins.push(request.begins)
    return []
  }
  const queue = queueOn({ ...store, jobs: { ...store.jobs, claim } }, clock)
  const crew = quickCrew(1)
  const loop = new ClaimLoop(internalsOf(queue, 'test'), {
    settings: parseWorkerOptions({ jobs: [defineJob({ name: 'test.job', run() {} })], concurrency: 1 }),
    lease: { worker: 'w', isQuiet: false } as Lease,
    crew: crew as unknown as Crew,
    onStarved: () => {},
    onBegun: () => {},
  })
  loop.start()
  await clock.settle()
  expect(loop.starved).toBe(true)
  expect(new Set(begins)).toEqual(new Set([0]))

  crew.slots.taken = 0
  loop.onFree()
  await clock.settle()
  expect(begins.at(-1)).toBe(1)
  // It has looked with the slot that it has: another one that finds nothing tells it nothing new.
  const looks = begins.length
  loop.onFree()
  await clock.settle()
  expect(begins).toHaveLength(looks)
  await loop.stop()
})
