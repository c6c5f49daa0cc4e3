import { defineJob, openQueue, Worker } from 'millhand'
import { expect, onTestFinished, test } from 'vitest'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { internalsOf } from '../../src/queue/internals.ts'
import { Unserved } from '../../src/queue/unserved.ts'

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

test('a job that is due later is told five seconds after it is due, also beside others', async () => {
  const { queue, clock, told } = await movedQueue()
  const later = await queue.enqueue(work, null, { delay: '1h' })
  const waits = [later.result().catch(() => {})]
  await clock.advance('10m')
  const now = await queue.enqueue(work, null, { queue: 'other' })
  waits.push(now.result().catch(() => {}))
  await clock.advance('5s')
  expect(told).toEqual([[now.id, 'test.work', 1]])
  await clock.advance('49m')
  expect(told).toHaveLength(1)
  await clock.advance('2m')
  expect(told).toEqual([
    [now.id, 'test.work', 1],
    [later.id, 'test.work', 1],
  ])
  await queue.close()
  await Promise.all(waits)
})

test('nothing is told of a job that another process has taken since it was last read', async () => {
  const { queue, clock, told } = await movedQueue()
  const parts = internalsOf(queue, 'test')
  const jobs = await queue.enqueueMany(work, [1, 2])
  const read = await parts.store.catalog.get(jobs.map(({ id }) => id))
  const unserved = new Unserved(parts)
  for (const record of read) unserved.add(() => record)
  await jobs[0]?.cancel()
  await clock.advance('5s')
  expect(told).toEqual([[jobs[1]?.id, 'test.work', 1]])
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
