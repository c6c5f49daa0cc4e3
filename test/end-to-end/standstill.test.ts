import { defineJob, Worker } from 'millhand'
import { openTestQueue } from 'millhand/testing'
import { expect, onTestFinished, test, vi } from 'vitest'

const work = defineJob({ name: 'test.work', run: () => 'done' })

/** A queue on a virtual clock, in a test that moves real time as well. */
async function stillQueue() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { queue, clock } = await openTestQueue()
  onTestFinished(() => queue.close())
  return { queue, clock }
}

test('a result that waits on a virtual clock that nobody moves says so', async () => {
  const { queue, clock } = await stillQueue()
  const job = await queue.enqueue(work, null, { delay: '1h' })
  const waiting = job.result().catch((error: unknown) => error)
  await clock.settle()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await waiting).toMatchObject({ code: 'clock_stands_still', facts: { dueInMs: 3_600_000 } })
})

test('it goes on waiting while the clock is moved, and while the job is due', async () => {
  const { queue, clock } = await stillQueue()
  const job = await queue.enqueue(work, null, { delay: '1h' })
  const waiting = job.result()
  for (const step of ['20m', '20m', '20m'] as const) {
    await vi.advanceTimersByTimeAsync(2_500)
    await clock.advance(step)
  }
  await vi.advanceTimersByTimeAsync(60_000)
  const worker = new Worker(queue, { jobs: [work] })
  await worker.runUntilIdle()
  await clock.settle()
  expect(await waiting).toBe('done')
})
