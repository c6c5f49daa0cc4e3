import { defineJob } from 'millhand'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

describeStores('a worker that sleeps', (test) => {
  test('wakes for what is due, also when jobs turned slow while it looked for more to hold', async ({
    queue,
    clock,
    start,
  }) => {
    const quick = defineJob({ name: 'test.quick', run: () => {} })
    const slow = heldJob()
    await queue.enqueueMany(quick, Array(200).fill(null))
    await queue.enqueue(slow.job)
    const later = await queue.enqueue(quick, null, { delay: '1s' })
    await start({ jobs: [quick, slow.job], concurrency: 1 })
    await expect.poll(() => slow.runs.length).toBe(1)
    // It claims ahead of a job that it takes for a quick one, finds nothing, and is woken when it is known for slow.
    for (let second = 0; second < 3; second += 1) await clock.advance('1s')
    slow.run().end()

    await expect
      .poll(async () => {
        await clock.advance('1s')
        return (await later.get()).state
      })
      .toBe('complete')
  })
})
