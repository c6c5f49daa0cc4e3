import { expect, test } from 'vitest'
import { defineJob } from '../../../src/index.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { Worker } from '../../../src/worker/worker.ts'
import { queueOn } from '../../support/queue.ts'

const plain = defineJob({ name: 'test.plain', async run() {} })

class CountedClock extends VirtualClock {
  looks = 0

  override elapsed(): number {
    this.looks += 1
    return super.elapsed()
  }
}

/** How often a worker looks at the clock that runs so many plain jobs. */
async function looksFor(jobs: number): Promise<number> {
  const clock = new CountedClock()
  const queue = queueOn(openMemoryStore({ clock }), clock)
  await queue.enqueueMany(plain, Array(jobs).fill(null))
  const ended = Promise.withResolvers<void>()
  let left = jobs
  queue.on('complete', () => {
    left -= 1
    if (left === 0) ended.resolve()
  })
  const worker = new Worker(queue, { jobs: [plain], maintenance: false })
  const before = clock.looks
  await worker.start()
  await ended.promise
  const { looks } = clock
  await worker.stop()
  await queue.close()
  return looks - before
}

test('of a plain job it is looked when it begins and when it ends, and not again', async () => {
  const [few, many] = [await looksFor(1_000), await looksFor(2_000)]
  expect((many - few) / 1_000).toBeLessThan(2.5)
})
