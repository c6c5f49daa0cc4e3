import { defineJob, type QueueOptions } from 'millhand'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const send = defineJob({ name: 'mail.send', async run() {} })

describeStores('the settings of queues', (test) => {
  test('are set by openQueue or configure, and shown by the stats', async ({ open }) => {
    const queue = await open({ queues: { mail: { maxSize: 2 } } })
    await queue.configure('news', { maxSize: 1, overflow: 'dropOldest' })
    await queue.pause('news')
    expect((await queue.stats()).queues).toMatchObject([
      { queue: 'mail', paused: false, settings: { maxSize: 2 } },
      { queue: 'news', paused: true, settings: { maxSize: 1, overflow: 'dropOldest' } },
    ])
    await queue.configure('mail', {})
    expect((await queue.stats()).queues).toMatchObject([{ queue: 'news' }])
  })

  test('a full queue refuses an enqueue, and says which option that is', async ({ open }) => {
    const queue = await open({ queues: { mail: { maxSize: 1 } } })
    await queue.enqueue(send, undefined, { queue: 'mail' })
    await expect(queue.enqueue(send, undefined, { queue: 'mail' })).rejects.toMatchObject({
      code: 'queue_full',
      message: expect.stringContaining("raise 'maxSize'"),
    })
    await queue.enqueue(send)
  })

  test('whoever waits for a job that is dropped hears why', async ({ open, clock }) => {
    const queue = await open({ queues: { mail: { maxSize: 1, overflow: 'dropOldest' } } })
    const first = await queue.enqueue(send, undefined, { queue: 'mail' })
    const result = first.result().catch((error) => error)
    await queue.enqueue(send, undefined, { queue: 'mail' })
    await clock.advance(1_000)
    expect(await result).toMatchObject({ code: 'job_cancelled', message: expect.stringContaining('dropped') })
  })

  test('what is no setting is refused before anything is opened or written', async ({ open, queue }) => {
    const wrong: unknown[] = [
      { maxSize: 0 },
      { maxSize: '9' },
      { size: 1 },
      { overflow: 'dropNewest', maxSize: 1 },
      { overflow: 'dropOldest' },
    ]
    for (const options of wrong) {
      await expect(queue.configure('mail', options as QueueOptions)).rejects.toMatchObject({ code: /option/ })
      await expect(open({ queues: { mail: options as QueueOptions } })).rejects.toMatchObject({
        code: /option/,
      })
    }
    await expect(queue.configure('no\nname', {})).rejects.toMatchObject({ code: 'invalid_name' })
    expect((await queue.stats()).queues).toEqual([])
  })
})

describeStores('a queue is emptied', (test) => {
  test('purge cancels all that waits, with progress and a reason', async ({ queue }) => {
    const told: number[] = []
    await queue.enqueueMany(send, Array(2_300), { queue: 'mail' })
    await queue.enqueue(send)
    const onProgress = (purged: number) => told.push(purged)
    expect(await queue.purge('mail', { reason: 'over', onProgress })).toBe(2_300)
    expect(told).toEqual([1_000, 2_000, 2_300])
    const [newest] = await queue.list({ queue: 'mail', limit: 1 })
    expect(newest).toMatchObject({ state: 'cancelled', reason: 'over' })
    expect(await queue.count({ state: 'pending' })).toBe(1)
    expect(await queue.purge('nobody')).toBe(0)
  })

  test('drained resolves when the last job has ended, and not before', async ({ queue, start, clock }) => {
    await queue.drained('mail')
    const { job, run } = heldJob()
    await queue.enqueue(job, 1, { queue: 'mail' })
    await queue.enqueue(job, 2, { queue: 'mail', delay: '1m' })
    let drained = false
    const waiting = queue.drained('mail').then(() => {
      drained = true
    })
    await start({ jobs: [job] })
    run(0).end()
    await clock.advance(30_000)
    expect(drained).toBe(false)
    await clock.advance(30_000)
    run(1).end()
    await clock.advance(1_000)
    await waiting
  })

  test('it ends with its time-out, its signal, and the queue', async ({ queue, clock }) => {
    await queue.enqueue(send, undefined, { queue: 'mail' })
    const late = queue.drained('mail', { timeout: '1m' }).catch((error) => error)
    await clock.advance(60_000)
    expect(await late).toMatchObject({ code: 'drain_timeout', facts: { queue: 'mail', timeoutMs: 60_000 } })
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(queue.drained('mail', { signal: aborted })).rejects.toThrow('enough')
    const closed = queue.drained('mail').catch((error) => error)
    await queue.close()
    expect(await closed).toMatchObject({ code: 'store_closed' })
  })
})
