import { defineJob } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { z } from 'zod'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const index = defineJob({
  name: 'test.index',
  input: z.object({ path: z.string() }),
  retries: 0,
  run({ path }) {
    if (path === 'lost.pdf') throw new Error('no such file')
    return { words: path.length }
  },
})

const other = defineJob({ name: 'test.other', run: () => {} })

describeStores('rerun', (test) => {
  test('a new job from a failed one with an edited input, which says of which', async ({ queue, clock }) => {
    const options = { queue: 'slow', priority: 4, tags: ['a'], context: { user: 1 }, retries: 2, key: 'k' }
    const failed = await queue.enqueue(index, { path: 'lost.pdf' }, { ...options, retries: 0 })
    await runUntilIdle(queue, { jobs: [index] })
    await clock.advance('1h')
    const again = await failed.rerun({ input: { path: 'found.pdf' } })
    expect(again.id).not.toBe(failed.id)
    expect(again.existed).toBe(false)
    expect(await again.get()).toMatchObject({
      ...{ ...options, retries: 0 },
      ...{ state: 'pending', input: { path: 'found.pdf' }, rerunOf: failed.id, attempt: 0, errors: [] },
      ...{ dueAt: new Date(clock.now()) },
    })
    await runUntilIdle(queue, { jobs: [index] })
    expect(await again.result()).toEqual({ words: 9 })
    expect(await failed.get()).toMatchObject({ state: 'failed', input: { path: 'lost.pdf' } })
    expect(await failed.get()).not.toHaveProperty('rerunOf')
  })

  test('with the input that it had, of whatever became of it', async ({ queue }) => {
    const done = await queue.enqueue(index, { path: 'a.pdf' })
    await runUntilIdle(queue, { jobs: [index] })
    const again = await queue.rerun(done.id)
    expect(await again.get()).toMatchObject({ state: 'pending', input: { path: 'a.pdf' }, rerunOf: done.id })
    const typed = await queue.rerun(index, again.id, { input: { path: 'b.pdf' } })
    expect((await typed.get()).input.path).toBe('b.pdf')
  })

  test('an input that does not fit its schema is refused, where the definition is known', async ({
    open,
    queue,
  }) => {
    const job = await queue.enqueue(index, { path: 'a.pdf' })
    const wrong = { input: { path: 5 } as never }
    const refused = {
      code: 'invalid_input',
      facts: { name: 'test.index', issues: [expect.stringMatching(/^path: /)] },
    }
    await expect(queue.rerun(index, job.id, wrong)).rejects.toMatchObject(refused)
    await expect(queue.handle(index, job.id).rerun(wrong)).rejects.toMatchObject(refused)
    expect(await queue.count()).toBe(1)
    const knowing = await open({ jobs: [index] })
    const known = await knowing.enqueue(index, { path: 'b.pdf' })
    await expect(knowing.rerun(known.id, wrong)).rejects.toMatchObject(refused)
    await expect(known.rerun(wrong)).rejects.toMatchObject(refused)
  })

  test('the deadline of the old job is not that of the new one, but that of a known definition is', async ({
    queue,
    clock,
  }) => {
    const dated = defineJob({ name: 'test.dated', deadline: '1h', run: () => {} })
    const one = await queue.enqueue(other, null, { deadline: '1m' })
    const two = await queue.enqueue(dated, null, { deadline: '1m' })
    await clock.advance('2m')
    const handles = [await queue.rerun(other, one.id), await queue.rerun(dated, two.id)]
    const [again, anew] = await Promise.all(handles.map((handle) => handle.get()))
    expect(again).not.toHaveProperty('deadline')
    expect(anew).toMatchObject({ deadline: new Date(clock.now() + 3_600_000) })
  })

  test('what is not there, or is not of the definition, is not run anew', async ({ queue }) => {
    const job = await queue.enqueue(other, null)
    await expect(queue.rerun('nobody')).rejects.toMatchObject({ code: 'job_not_found' })
    await expect(queue.rerun(index, job.id)).rejects.toMatchObject({ code: 'other_job' })
    await expect(queue.handle(index, job.id).rerun()).rejects.toMatchObject({ code: 'other_job' })
    await expect(queue.rerun(job.id, { inputs: 1 } as never)).rejects.toThrow(
      "rerun has no option 'inputs'. Did you mean 'input'? It takes: input.",
    )
    expect(await queue.count()).toBe(1)
  })

  test('a new job has the limits of the old one, or with an edited input those of that', async ({
    queue,
    start,
  }) => {
    const key = (input: unknown) => (input as { user: string }).user
    const { job, runs } = heldJob({ limits: [{ key, name: 'user', concurrency: 1 }] })
    const first = await queue.enqueue(job, { user: 'ada' })
    const same = await first.rerun()
    await queue.rerun(job, first.id, { input: { user: 'bob' } })
    await start({ jobs: [job] })

    await expect.poll(() => runs.map(({ input }) => input)).toEqual([{ user: 'ada' }, { user: 'bob' }])
    await expect.poll(() => same.get()).toMatchObject({ waitsFor: { limit: 'user=ada' } })
    await same.cancel()
    for (const run of runs) run.end()
  })

  test('while an unfinished job has its key, that one is given', async ({ queue }) => {
    const job = await queue.enqueue(other, null, { key: 'k' })
    expect(await queue.rerun(job.id)).toMatchObject({ id: job.id, existed: true })
  })
})
