import { defineJob } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeSqlite, describeStores } from '../support/stores.ts'

describeStores('cancel', (test) => {
  test('a pending job is cancelled and never runs', async ({ queue }) => {
    const { job, runs } = heldJob()
    const handle = await queue.enqueue(job)
    expect(await handle.cancel('no longer needed')).toBe(true)
    expect(await handle.cancel('again')).toBe(false)
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(0)
    expect(runs).toEqual([])
    expect(await handle.get()).toMatchObject({ state: 'cancelled', reason: 'no longer needed', attempt: 0 })
    await expect(handle.result()).rejects.toMatchObject({
      code: 'job_cancelled',
      facts: { reason: 'no longer needed' },
    })
  })

  test('a running handler is told, and what it returns later is refused', async ({ queue, clock, start }) => {
    const refused: unknown[] = []
    queue.on('refuse', ({ because }) => refused.push(because))
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    await clock.advance('1s')
    expect(await queue.cancel(handle.id, 'stop it')).toEqual([handle.id])
    await clock.advance('300ms')
    expect(run().ctx.signal.reason).toMatchObject({ code: 'cancelled', facts: { reason: 'stop it' } })
    run().end('done after all')
    await clock.settle()
    expect(refused).toEqual(['cancelled'])
    expect(await handle.get()).toMatchObject({ state: 'cancelled', reason: 'stop it' })
  })

  test('a cancelled handler that ignores it is left behind', async ({ queue, clock, start }) => {
    const { job, runs } = heldJob()
    const deaf = await queue.enqueue(job)
    await queue.enqueue(job)
    await start({ jobs: [job], concurrency: 1, abortGrace: '2s' })
    await clock.advance('1s')
    await deaf.cancel()
    await clock.advance('3s')
    expect(runs).toHaveLength(2)
    expect((await deaf.get()).state).toBe('cancelled')
  })

  test('a reason is a text, whatever it was, and not endless', async ({ queue }) => {
    const job = defineJob({
      name: 'test.run',
      run: (_, ctx) => ctx.skip(new Error('nothing to do') as never),
    })
    const skipped = await queue.enqueue(job)
    const [error, long] = await queue.enqueueMany(job, [1, 2])
    await error?.cancel(new Error('user gave up') as never)
    await queue.cancel(long?.id ?? '', 'x'.repeat(9_999))
    await runUntilIdle(queue, { jobs: [job] })
    const reasons = await Promise.all(
      [skipped, error, long].map(async (handle) => Object(await handle?.get()).reason),
    )
    expect(reasons).toEqual(['nothing to do', 'user gave up', `${'x'.repeat(1_999)}…`])
  })

  test('several at once: only those that are not settled', async ({ queue }) => {
    const job = defineJob({ name: 'test.run', run: () => 'done' })
    const done = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    const [a, b] = await queue.enqueueMany(job, [1, 2])
    const told: unknown[] = []
    queue.on('cancel', (event) => told.push(event))
    const ids = [a?.id ?? '', b?.id ?? '']
    expect((await queue.cancel([done.id, ...ids, 'nobody'], 'enough')).sort()).toEqual(ids)
    expect(await queue.cancel([done.id])).toEqual([])
    expect(told).toHaveLength(1)
    expect((await done.get()).state).toBe('complete')
  })

  test('one that is not there is an error, one that is settled is not', async ({ queue }) => {
    const { id } = await queue.enqueue(defineJob({ name: 'test.gone' }))
    expect(await queue.cancel(id)).toEqual([id])
    expect(await queue.cancel(id)).toEqual([])
    await expect(queue.cancel('nobody')).rejects.toMatchObject({ code: 'job_not_found' })
  })

  test('a job that was cancelled and retried runs under a new epoch', async ({ queue, clock, start }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    await clock.advance('1s')
    await handle.cancel()
    await queue.retry(handle.id)
    await clock.advance('1s')
    run(0).end('of the cancelled one')
    await clock.settle()
    run(1).end('of the new one')
    expect(await handle.result()).toBe('of the new one')
    expect(await handle.get()).toMatchObject({ epoch: 2, attempt: 1 })
  })
})

describeSqlite('cancel', (test) => {
  test('reaches a handler from another process, at the latest with the beat', async ({
    open,
    clock,
    start,
  }) => {
    const elsewhere = await open()
    const { job, run } = heldJob()
    const handle = await elsewhere.enqueue(job)
    await start({ jobs: [job] })
    await clock.advance('1s')
    await handle.cancel('from elsewhere')
    await clock.advance('3s')
    expect(run().ctx.signal.reason).toMatchObject({ code: 'cancelled', facts: { reason: 'from elsewhere' } })
  })
})
