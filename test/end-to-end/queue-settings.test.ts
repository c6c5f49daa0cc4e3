import { defineJob, type QueueOptions } from 'millhand'
import { expect } from 'vitest'
import { internalsOf } from '../../src/queue/internals.ts'
import { heldJob } from '../support/held-job.ts'
import { describeSqlite, describeStores } from '../support/stores.ts'

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

  test('an order holds for what waits, and explain says behind how many a job does', async ({
    queue,
    start,
  }) => {
    const { job } = heldJob()
    await queue.configure('mail', { order: 'fifo' })
    await queue.enqueue(job)
    await start({ jobs: [job, send], concurrency: 1 })
    const [first, second] = await Promise.all(
      [0, 5].map((priority) => queue.enqueue(send, undefined, { queue: 'mail', priority })),
    )
    const behind = async (id = '') =>
      (await queue.explain(id)).reasons.find(({ code }) => code === 'behind')?.facts.ahead
    expect([await behind(first?.id), await behind(second?.id)]).toEqual([undefined, 1])
    await queue.configure('mail', { aging: '1h' })
    expect([await behind(first?.id), await behind(second?.id)]).toEqual([1, undefined])
    expect((await queue.stats()).queues).toContainEqual(
      expect.objectContaining({ queue: 'mail', settings: { aging: 3_600_000 } }),
    )
  })

  test('explain says that a turn is drawn, by which weight, and behind how many of that priority', async ({
    queue,
    start,
  }) => {
    const { job } = heldJob()
    await queue.configure('mail', { order: 'weighted', weights: { 10: 5, 0: 1 } })
    await queue.enqueue(job)
    await start({ jobs: [job, send], concurrency: 1 })
    await queue.enqueue(send, undefined, { queue: 'mail' })
    const jobs = await Promise.all(
      [1, 2].map(() => queue.enqueue(send, undefined, { queue: 'mail', priority: 10 })),
    )
    const { reasons } = await queue.explain(jobs[1]?.id ?? '')
    expect(reasons.filter(({ code }) => code === 'turn' || code === 'behind')).toMatchObject([
      { facts: { priority: 10, weight: 5 } },
      { facts: { ahead: 1 } },
    ])
    const mail = (await queue.stats()).queues.find((each) => each.queue === 'mail')
    expect(mail?.settings).toEqual({ order: 'weighted', weights: { 0: 1, 10: 5 } })
  })

  test('a worker finishes a change of the order that nobody else does', async ({ queue, start, clock }) => {
    const { queues } = internalsOf(queue, 'test').store
    await queues.configure('mail', { order: 'lifo' })
    expect(await queues.unplaced()).toEqual(['mail'])
    await start({ jobs: [send] })
    await clock.advance(20_000)
    await expect.poll(() => queues.unplaced()).toEqual([])
  })

  test('a change of the order tells how far it is', async ({ queue }) => {
    await queue.enqueueMany(Array.from({ length: 2_001 }, () => ({ job: send, input: undefined })))
    const told: number[] = []
    await queue.configure('default', { order: 'lifo' }, { onProgress: (left) => told.push(left) })
    expect(told.length).toBeGreaterThan(1)
    expect(told).toEqual([...told].sort((one, other) => other - one))
    await expect(queue.configure('default', {}, { onprogress: () => {} } as object)).rejects.toMatchObject({
      code: 'unknown_option',
    })
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
      { order: 'filo' },
      { aging: 0 },
      { aging: '31d' },
      { order: 'fifo', aging: '1m' },
      { weights: { 0: 1 } },
      { order: 'weighted', weights: { 0: 0 } },
      { order: 'weighted', weights: { high: 1 } },
      { order: 'weighted', weights: [1, 2] },
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

describeStores('the limits of queues', (test) => {
  test('hold all of their jobs, and are shown with who waits', async ({ open, start, clock }) => {
    const queue = await open({ queues: { mail: { limits: [{ key: 'smtp', concurrency: 1 }] } } })
    const { job, runs } = heldJob()
    const first = await queue.enqueue(job, undefined, { queue: 'mail' })
    const second = await queue.enqueue(job, undefined, { queue: 'mail' })
    await start({ jobs: [job] }, queue)
    await clock.advance(1_000)
    expect([await first.get(), await second.get()]).toMatchObject([
      { state: 'running' },
      { state: 'pending', waitsFor: { limit: 'smtp' } },
    ])
    expect(await queue.limits.get('smtp')).toMatchObject({
      declared: { concurrency: 1 },
      ...{ running: 1, waiting: 1 },
    })
    runs[0]?.obeys()
  })

  test('of all queues are set by openQueue, and are no queue', async ({ open }) => {
    const queue = await open({ limits: [{ key: 'all', rate: { count: 2, per: '1m' } }] })
    expect(await queue.limits.get('all')).toMatchObject({ declared: { rate: { count: 2, per: 60_000 } } })
    expect((await queue.stats()).queues).toEqual([])
  })

  test('that are none, or say two things, are refused with what is wrong', async ({ open, queue }) => {
    const wrong = (limits: unknown) => ({ mail: { limits: limits as [] } })
    const keyed = [{ key: () => 'ana', concurrency: 1 }]
    await expect(queue.configure('mail', { limits: keyed as unknown as [] })).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringMatching(/a function of the input is of a definition/),
    })
    await expect(open({ queues: wrong([{ key: 'smtp', concurency: 1 }]) })).rejects.toMatchObject({
      code: 'unknown_option',
      message: expect.stringContaining("Did you mean 'concurrency'?"),
    })
    const held = defineJob({ name: 'mail.held', limits: [{ key: 'smtp', concurrency: 1 }], async run() {} })
    const two = { jobs: [held], queues: wrong([{ key: 'smtp', concurrency: 2 }]) }
    await expect(open(two)).rejects.toMatchObject({ code: 'conflicting_limits' })
    expect((await queue.stats()).queues).toEqual([])
  })
})

describeSqlite('the limits of all queues', (test) => {
  test('hold what other processes enqueue, until they are taken away', async ({ open, queue }) => {
    await open({ limits: [{ key: 'all', concurrency: 1 }] })
    const { store } = internalsOf(queue, 'test')
    const limitsOf = async (id: string) => (await store.catalog.get([id]))[0]?.limits
    expect(await limitsOf((await queue.enqueue(send)).id)).toBe('[["all",1,1]]')
    await open()
    expect(await limitsOf((await queue.enqueue(send)).id)).toBe('[["all",1,1]]')
    await open({ limits: [] })
    expect(await limitsOf((await queue.enqueue(send)).id)).toBeNull()
  })

  test('are refused where they differ from what a queue has that is not opened with another value', async ({
    open,
  }) => {
    const limits = (concurrency: number) => ({ limits: [{ key: 'smtp', concurrency }] })
    await open({ queues: { mail: limits(2) } })
    await expect(open(limits(9))).rejects.toMatchObject({
      ...{ code: 'conflicting_limits' },
      facts: { jobs: ["queue 'mail'", 'all queues'] },
    })
    await open({ queues: { mail: limits(9) }, ...limits(9) })
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
