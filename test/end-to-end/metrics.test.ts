import { defineJob, logMetrics, RetryAfter } from 'millhand'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const work = defineJob({
  name: 'test.work',
  retries: 1,
  run(input, ctx) {
    if (input === 'fails') throw new Error('broken')
    if (input === 'retries' && ctx.attempt === 1) throw new RetryAfter('1h')
  },
})

/** A logger that keeps its lines, but for the interval. */
function keptLines() {
  const lines: object[] = []
  const info = ({ everyMs: _, ...facts }: { readonly everyMs?: number }, message: string) =>
    void lines.push({ message, ...facts })
  return { lines, logger: { info } }
}

describeStores('metrics', (test) => {
  test('a line at intervals says what happened meanwhile, and what stands', async ({
    queue,
    start,
    clock,
  }) => {
    const { lines, logger } = keptLines()
    const stop = logMetrics(queue, { logger, every: '1m' })
    const { job, run } = heldJob()
    await start({ jobs: [work, job], concurrency: 5 })
    for (const input of ['ends', 'ends', 'retries']) await queue.enqueue(work, input)
    await queue.enqueue(work, 'fails', { retries: 0 })
    await queue.enqueue(job)
    await queue.enqueue(defineJob({ name: 'test.nobody' }), null)
    await clock.advance('1m')
    const first = { started: 5, completed: 2, failed: 1, retried: 1, p50Ms: 0, p95Ms: 0 }
    await expect.poll(() => lines).toEqual([{ message: 'metrics', ...first, running: 1, held: 0, due: 1 }])

    run().end()
    await clock.advance('1m')
    const second = { started: 0, completed: 1, failed: 0, retried: 0, running: 0, due: 1 }
    await expect.poll(() => lines[1]).toMatchObject(second)
    stop()
    await clock.advance('5m')
    expect(lines).toHaveLength(2)
  })

  test('the lines end when the queue is closed', async ({ queue, clock }) => {
    const { lines, logger } = keptLines()
    logMetrics(queue, { logger })
    await queue.close()
    await clock.advance('5m')
    expect(lines).toEqual([])
    expect(() => logMetrics(queue, { logger })).toThrow(/is closed/)
    expect(() => logMetrics(queue, {} as never)).toThrow(/expected a logger/)
  })
})
