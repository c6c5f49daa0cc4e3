import { defineJob } from 'millhand'
import { expect } from 'vitest'
import { describeStores } from '../support/stores.ts'

const sleep = defineJob({
  name: 'test.sleep',
  retries: 0,
  async run(input) {
    if (input === 'fails') throw new Error('broken')
  },
})

const other = defineJob({ name: 'test.other', run: () => {} })

describeStores('stats by name', (test) => {
  test('how many jobs of each name ended, failed, and how long they took', async ({
    queue,
    start,
    clock,
  }) => {
    const worker = await start({ jobs: [sleep, other] })
    for (const input of ['ends', 'ends', 'ends', 'fails']) await queue.enqueue(sleep, input)
    await queue.enqueue(other, null)
    await clock.advance('1s')
    await expect.poll(() => queue.count({ state: ['complete', 'failed'] })).toBe(5)

    const none = { meanMs: 0, p50Ms: 0, p95Ms: 0, p99Ms: 0, maxMs: 0 }
    expect(await queue.stats({ by: 'name' })).toEqual({
      names: [
        { name: 'test.sleep', count: 4, failed: 1, failureRate: 0.25, ...none },
        { name: 'test.other', count: 1, failed: 0, failureRate: 0, ...none },
      ],
      jobs: 5,
      since: new Date(clock.now() - 86_400_000),
    })
    await worker.stop()
    await clock.advance('2h')
    expect(await queue.stats({ by: 'name', newerThan: '1h' })).toMatchObject({ names: [], jobs: 0 })
  })

  test('what it does not know is refused', async ({ queue }) => {
    const given = { by: 'tag' } as never
    await expect(queue.stats(given)).rejects.toMatchObject({ code: 'invalid_option' })
  })
})
