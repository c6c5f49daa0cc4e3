import { type BatchJob, defineJob, Fatal, RetryAfter } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { heldBatches } from '../support/held-batch.ts'
import { describeStores } from '../support/stores.ts'

const PAST_THE_LEASE_MS = 11_000

/** What a job of a batch is to come to, by its input. */
function resultOf({ input, job, attempt, skip, snooze, fail }: BatchJob): unknown {
  switch (input) {
    case 'skip':
      return skip('nothing to do')
    case 'snooze':
      return job.epoch > 1 ? 'woken' : snooze('1h')
    case 'fail':
      return fail({ code: 'declined', message: 'no', output: 7, permanent: true })
    case 'fatal':
      return new Fatal('for good')
    case 'later':
      return attempt === 1 ? new RetryAfter('1h') : 'at last'
    case 'promise':
      return Promise.reject(new TypeError('of a promise'))
    default:
      return attempt === 1 ? new Error('not yet') : `done ${attempt}`
  }
}

describeStores('runMany', (test) => {
  test('each job of a batch has its own outcome, and one that failed is retried alone', async ({ queue }) => {
    const calls: unknown[] = []
    const job = defineJob({
      name: 'test.batch',
      retries: 1,
      runMany: {
        size: 10,
        run(jobs) {
          calls.push(jobs.map(({ input }) => input))
          return jobs.map((each) => (each.input === 'plain' ? { plain: true } : resultOf(each)))
        },
      },
    })
    const inputs = ['plain', 'skip', 'snooze', 'fail', 'fatal', 'later', 'promise', 'error']
    const handles = await queue.enqueueMany(job, inputs)
    await runUntilIdle(queue, { jobs: [job] })
    const found = await Promise.all(handles.map((handle) => handle.get()))
    expect(calls[0]).toEqual(inputs)
    expect(found.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 2, 2, 2])
    expect(found).toMatchObject([
      { state: 'complete', output: { plain: true } },
      { state: 'complete', outcome: 'skipped', reason: 'nothing to do' },
      { state: 'complete', output: 'woken' },
      { state: 'failed', failure: { code: 'declined' }, output: 7 },
      { state: 'failed', failure: { message: 'for good' } },
      { state: 'complete', output: 'at last' },
      { state: 'failed', failure: { message: 'of a promise' } },
      { state: 'complete', output: 'done 2' },
    ])
  })

  test('what it throws is the failure of each, by the attempts of each', async ({ queue }) => {
    const job = defineJob({
      name: 'test.batch',
      backoff: { kind: 'fixed', base: '1s', jitter: 0 },
      runMany: {
        size: 10,
        run() {
          throw new Error('the warehouse is away')
        },
      },
    })
    const once = await queue.enqueue(job, 1, { retries: 0 })
    const twice = await queue.enqueue(job, 2, { retries: 1 })
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(3)
    const failed = { state: 'failed', failure: { message: 'the warehouse is away' } }
    expect(await once.get()).toMatchObject({ ...failed, attempt: 1 })
    expect(await twice.get()).toMatchObject({ ...failed, attempt: 2 })
  })

  test('the jobs of a lost worker run again, and after two crashes each of them alone', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, batches, batch } = heldBatches({ size: 2, wait: '1s' })
    const handles = await queue.enqueueMany(job, ['a', 'b'])
    for (let crash = 0; crash < 2; crash += 1) {
      await start({ jobs: [job] })
      clock.jump(PAST_THE_LEASE_MS)
    }
    await start({ jobs: [job] })
    await clock.advance('1s')
    batch(2).end()
    await clock.advance('1s')
    batch(3).end()
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(['a', 'b'])
    expect(batches.map(({ inputs }) => inputs)).toEqual([['a', 'b'], ['a', 'b'], ['a'], ['b']])
    for (const handle of handles) expect(await handle.get()).toMatchObject({ attempt: 1, crashes: 2 })
  })
})
