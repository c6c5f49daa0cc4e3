import { expect, test } from 'vitest'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { internalsOf } from '../../../src/queue/internals.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { Lease } from '../../../src/worker/lease.ts'
import { parseWorkerOptions } from '../../../src/worker/options.ts'
import { queueOn } from '../../support/queue.ts'

const nothing = () => {}
const events = { onCancelled: nothing, onLost: nothing, onOrder: nothing, onMissed: nothing }

test('a worker that was stopped before it asks for its lease asks for none', async () => {
  const clock = new VirtualClock()
  const queue = queueOn(openMemoryStore({ clock }), clock)
  const lease = new Lease(internalsOf(queue, 'test'), parseWorkerOptions({ jobs: [] }), events)
  const stopped = new Error('stopped')
  try {
    await expect(lease.start(AbortSignal.abort(stopped))).rejects.toBe(stopped)
    expect(await queue.workers()).toEqual([])
  } finally {
    await lease.stop()
  }
})
