import { defineJob, openQueue, Worker } from 'millhand'
import { expect, onTestFinished, test } from 'vitest'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'

const work = defineJob({ name: 'test.work', run: () => 'done' })

/** A queue on a clock that a test moves, and that is not known for one. */
async function movedQueue() {
  const clock = new VirtualClock()
  const moved = {
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    timer: (delayMs: number, callback: () => void) => clock.timer(delayMs, callback),
  }
  const queue = await openQueue('memory:', { clock: moved, logger: false })
  onTestFinished(() => queue.close())
  const told: unknown[] = []
  queue.on('no_worker', ({ id, name, jobs }) => told.push([id, name, jobs]))
  return { queue, clock, told }
}

test('a result that is waited for where no worker handles the job is told after five seconds, once', async () => {
  const { queue, clock, told } = await movedQueue()
  const [job, second] = await queue.enqueueMany([{ job: work }, { job: work }])
  const results = Promise.all([job?.result(), second?.result()])
  await clock.advance(4_999)
  expect(told).toEqual([])
  await clock.advance('1m')
  expect(told).toEqual([[job?.id, 'test.work', 2]])
  await new Worker(queue, { jobs: [work] }).runUntilIdle()
  await clock.settle()
  expect(await results).toEqual(['done', 'done'])
})

test('nothing is told of a job that a worker handles, that is due later, or that is waited for with a timeout', async () => {
  const { queue, clock, told } = await movedQueue()
  const other = defineJob({ name: 'test.other', run: () => new Promise(() => {}) })
  const worker = new Worker(queue, { jobs: [other], concurrency: 1, abortGrace: 0, stopTimeout: 0 })
  await worker.start()
  const handled = await queue.enqueueMany(other, [1, 2])
  const later = await queue.enqueue(work, null, { delay: '1h' })
  const timed = await queue.enqueue(work)
  const waits = [...handled, later].map((job) => job.result().catch(() => {}))
  waits.push(timed.result({ timeout: '8s' }).catch(() => {}))
  for (let second = 0; second < 10; second += 1) await clock.advance('1s')
  expect(told).toEqual([])
  const stopping = worker.stop()
  await clock.advance('1s')
  await stopping
  await queue.close()
  await Promise.all(waits)
})
