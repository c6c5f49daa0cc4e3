import { defineJob, type QueueOptions } from 'millhand'
import { expect } from 'vitest'
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
