import { defineJob } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { z } from 'zod'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const INPUT = z.object({ path: z.string(), fails: z.boolean().optional() })

/** Counts, and says so. */
function counting(name = 'test.count') {
  const ran: string[] = []
  const job = defineJob({
    name,
    input: INPUT,
    retries: 0,
    cache: { key: ({ path }) => (path === 'alone' ? null : path), ttl: '1h' },
    run({ path, fails }) {
      ran.push(path)
      if (fails) throw new Error('no such file')
      return { runs: ran.length }
    },
  })
  return { job, ran }
}

describeStores('cache', (test) => {
  test('equal jobs run once, and all have the result, now and later', async ({ queue, clock }) => {
    const { job, ran } = counting()
    const outcomes: string[] = []
    queue.on('complete', ({ outcome }) => outcomes.push(outcome))
    const first = await queue.enqueue(job, { path: 'a' })
    const [second, other] = await queue.enqueueMany([
      { job, input: { path: 'a' } },
      { job, input: { path: 'b' } },
    ])
    await runUntilIdle(queue, { jobs: [job] })
    await clock.advance('59m')
    const later = await queue.enqueue(job, { path: 'a' })
    await runUntilIdle(queue, { jobs: [job] })

    expect(ran.toSorted()).toEqual(['a', 'b'])
    expect(outcomes.toSorted()).toEqual(['cached', 'cached', 'done', 'done'])
    for (const each of [second, later]) {
      expect(await each?.result()).toEqual(await first.result())
      expect(await each?.get()).toMatchObject({ outcome: 'cached', cachedFrom: first.id, attempt: 1 })
    }
    expect(await other?.get()).not.toHaveProperty('cachedFrom')
  })

  test('when the one that runs fails, the next one runs', async ({ queue }) => {
    const { job, ran } = counting()
    const failed = await queue.enqueue(job, { path: 'a', fails: true })
    const next = await queue.enqueue(job, { path: 'a' })
    const last = await queue.enqueue(job, { path: 'a' })
    await runUntilIdle(queue, { jobs: [job] })

    expect(await failed.get()).toMatchObject({ state: 'failed' })
    expect(await last.get()).toMatchObject({ outcome: 'cached', cachedFrom: next.id })
    expect(ran).toEqual(['a', 'a'])
  })

  test('a rerun runs, with an edited input too, and a job without a key always does', async ({ queue }) => {
    const { job, ran } = counting()
    const first = await queue.enqueue(job, { path: 'a' })
    await queue.enqueueMany([1, 2].map(() => ({ job, input: { path: 'alone' } })))
    await runUntilIdle(queue, { jobs: [job] })
    const again = await first.rerun()
    await runUntilIdle(queue, { jobs: [job] })
    const edited = await queue.rerun(job, first.id, { input: { path: 'b' } })
    // Nobody has said of which definition it is: the result of this input is not that of the old one.
    await first.rerun({ input: { path: 'c' } })
    await runUntilIdle(queue, { jobs: [job] })
    const equals = await queue.enqueueMany(['a', 'b'].map((path) => ({ job, input: { path } })))
    await runUntilIdle(queue, { jobs: [job] })

    expect(ran.toSorted()).toEqual(['a', 'a', 'alone', 'alone', 'b', 'c'])
    expect(await Promise.all(equals.map((equal) => equal.get()))).toMatchObject([
      { outcome: 'cached', cachedFrom: again.id },
      { outcome: 'cached', cachedFrom: edited.id },
    ])
  })

  test('explain names the equal job that a job waits for', async ({ queue, start }) => {
    const { job, runs, run } = heldJob({ cache: { key: () => 'k', ttl: '1h' } })
    const first = await queue.enqueue(job, 1)
    await start({ jobs: [job] })
    await expect.poll(() => runs.length).toBe(1)
    const second = await queue.enqueue(job, 2)
    await expect
      .poll(() => queue.explain(second.id))
      .toMatchObject({
        reasons: [{ code: 'equal_running', facts: { key: 'k', holder: first.id, waiting: 1 } }],
      })

    run().end('done')
    expect(await second.result()).toBe('done')
  })
})
