import { defineJob, Worker } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { describeStores } from '../support/stores.ts'

const send = defineJob({
  name: 'mail.send',
  retries: 0,
  async run(input) {
    if (input === 'fails') throw new Error('broken')
  },
})

const build = defineJob({ name: 'reports.build', async run() {} })

const NO_TIMES = {
  waitP50Ms: null,
  waitP95Ms: null,
  waitP99Ms: null,
  runP50Ms: null,
  runP95Ms: null,
  runP99Ms: null,
}

describeStores('stats by queue', (test) => {
  test('how each queue and name stands, and what ended in the window', async ({ queue, clock }) => {
    await queue.enqueueMany([
      { job: send, options: { queue: 'mail' } },
      { job: send, input: 'fails', options: { queue: 'mail' } },
      { job: build, options: { queue: 'mail' } },
    ])
    await clock.advance('10s')
    await runUntilIdle(queue, { jobs: [send, build] })
    await queue.enqueue(send, null, { queue: 'mail', delay: '1h' })
    await queue.enqueue(build)
    await clock.advance('30s')

    const { queues, since } = await queue.stats({ by: 'queue' })
    expect(since).toEqual(new Date(Math.floor((clock.now() - 3_600_000) / 60_000) * 60_000))
    expect(queues).toMatchObject([
      {
        queue: 'default',
        pending: 1,
        scheduled: 0,
        running: 0,
        oldestWaitMs: 30_000,
        completed: 0,
        errorRate: null,
      },
      {
        ...{ queue: 'mail', pending: 1, scheduled: 1, oldestWaitMs: null, completed: 2, failed: 1 },
        ...{ errorRate: 1 / 3, perMinute: 0.05, runP99Ms: 0 },
      },
    ])
    const [none, mail] = queues
    expect(none).toMatchObject(NO_TIMES)
    expect(Math.abs((mail?.waitP50Ms ?? 0) - 10_000)).toBeLessThanOrEqual(500)
    expect(mail?.names).toMatchObject([
      { name: 'mail.send', pending: 1, completed: 1, failed: 1, errorRate: 0.5 },
      { name: 'reports.build', pending: 0, completed: 1, failed: 0, errorRate: 0 },
    ])
  })

  test('what ended before the window is not in it, and what the jobs were pruned of is', async ({
    queue,
    clock,
  }) => {
    await queue.enqueue(send)
    await runUntilIdle(queue, { jobs: [send] })
    await queue.prune({ complete: 0 })
    expect(await queue.count()).toBe(0)
    expect((await queue.stats({ by: 'queue' })).queues).toMatchObject([{ completed: 1 }])
    await clock.advance('5m')
    expect((await queue.stats({ by: 'queue', newerThan: '2m' })).queues).toEqual([])
  })

  test('the figures are kept for 14 days, or for as long as the retention says', async ({ queue, clock }) => {
    await queue.enqueue(send)
    await runUntilIdle(queue, { jobs: [send] })
    await clock.advance('13d')
    await new Worker(queue, { jobs: [send] }).runUntilIdle()
    await queue.prune()
    const stats = () => queue.stats({ by: 'queue', newerThan: '30d' })
    expect((await stats()).queues).toMatchObject([{ completed: 1 }])
    await clock.advance('2d')
    await queue.prune({ stats: '16d' })
    expect((await stats()).queues).toMatchObject([{ completed: 1 }])
    await queue.prune()
    expect((await stats()).queues).toEqual([])
  })
})
