import { defineJob, type JobChange } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { sheetLines } from '../../src/cli/job-sheet.ts'
import { jobColumns } from '../../src/cli/job-table.ts'
import { plain } from '../../src/cli/paint.ts'
import { tableLines } from '../../src/cli/table.ts'
import { editRow } from '../support/edit-row.ts'
import { heldJob } from '../support/held-job.ts'
import { describePostgres, describeSqlite, type QueueTest } from '../support/stores.ts'

const BROKEN = '{"broken'

/** Fails once, tells of itself, and completes. */
const work = defineJob({
  name: 'test.work',
  async run(input, ctx) {
    if (ctx.attempt === 1) await ctx.checkpoint({ seen: true })
    if (ctx.attempt === 1) throw new Error('not yet')
    ctx.progress({ fraction: 0.5, message: 'half' })
    return input ?? 'done'
  },
})

function cases(test: QueueTest): void {
  test('a row whose values are no JSON is shown as what it is, and the others beside it', async ({
    queue,
    url,
    clock,
  }) => {
    const options = { tags: ['a', 'b'], context: { user: 'ann' } }
    const [broken, fine] = [await queue.enqueue(work, 1, options), await queue.enqueue(work, 2, options)]
    await runUntilIdle(queue, { jobs: [work], clock })
    for (const column of ['input', 'tags', 'context', 'progress', 'checkpoint', 'errors', 'output'])
      await editRow(url, broken.id, { [column]: BROKEN })

    const shown = `[not JSON] ${BROKEN}`
    const jobs = await queue.list()
    expect(jobs.map(({ id }) => id)).toEqual([fine.id, broken.id])
    expect(await broken.get()).toEqual(jobs[1])
    expect(jobs[1]).toMatchObject({
      ...{ state: 'complete', input: shown, output: shown, checkpoint: shown, tags: [shown] },
      ...{ context: { '[not an object]': shown }, progress: { message: shown } },
      errors: [{ kind: 'error', message: shown, attempt: 0 }],
    })
    expect(jobs[0]).toMatchObject({ tags: ['a', 'b'], output: 2, errors: [{ message: 'not yet' }] })
    const explanation = await queue.explain(broken.id)
    expect(explanation.state).toBe('complete')
    const table = tableLines(jobColumns(0), jobs, { width: 500, paint: plain })
    expect(table).toHaveLength(3)
    for (const job of jobs)
      expect(sheetLines({ job, explanation, logs: [] }, plain).join('\n')).toContain(job.id)
    await expect(broken.result()).rejects.toMatchObject({ code: 'output_unreadable' })
    expect(await fine.result()).toBe(2)
  })

  test('values that are JSON and of another shape are shown too', async ({ queue, url, clock }) => {
    const job = await queue.enqueue(work, 1, { tags: ['a'], context: { user: 'ann' } })
    await runUntilIdle(queue, { jobs: [work], clock })
    await editRow(url, job.id, {
      ...{ tags: '{"a":1}', context: '[1]', progress: '{"fraction":"half","message":{"toString":"x"}}' },
      errors: '["text",{"message":5,"at":"yesterday"},null]',
    })
    const shown = await job.get()
    expect(shown).toMatchObject({
      tags: ['[not a list of texts] {"a":1}'],
      context: { '[not an object]': [1] },
    })
    expect(shown?.progress?.message).toBe('{"toString":"x"}')
    expect(shown?.errors.map(({ message }) => message)).toEqual([
      'text',
      '{"message":5,"at":"yesterday"}',
      'null',
    ])
    const [explanation, jobs] = [await queue.explain(job.id), await queue.list()]
    expect(tableLines(jobColumns(0), jobs, { width: 500, paint: plain })).toHaveLength(2)
    for (const each of jobs)
      expect(sheetLines({ job: each, explanation, logs: [] }, plain).length).toBeGreaterThan(5)
  })

  test('a filter by tag or by error finds the others', async ({ queue, url, clock }) => {
    const [broken, fine] = [
      await queue.enqueue(work, 1, { tags: ['a"\\', 'b,', ','] }),
      await queue.enqueue(work, 2, { tags: ['a"\\', 'b,', 'c.*'] }),
    ]
    await runUntilIdle(queue, { jobs: [work], clock })
    const found = async (filter: object) => (await queue.list(filter)).map(({ id }) => id)
    expect(await found({ tag: ',' })).toEqual([broken.id])
    for (const text of [BROKEN, '["text"]', '{"message":"not yet"}']) {
      await editRow(url, broken.id, { tags: text, errors: text })
      for (const tag of ['a"\\', 'b,', 'c.*']) expect(await found({ tag })).toEqual([fine.id])
      expect(await found({ tag: 'c' })).toEqual([])
      expect(await found({ error: 'not yet' })).toContain(fine.id)
      expect(await queue.count({ tag: 'b,' })).toBe(1)
    }
  })

  test('a worker that claims such a row fails that job alone', async ({ queue, url, clock }) => {
    const seen: unknown[] = []
    const job = defineJob({ name: 'test.group', run: (input) => void seen.push(input) })
    const options = { tags: ['a'], context: { user: 'ann' } }
    const jobs = await queue.enqueueMany(job, [1, 2, 3, 4, 5], options)
    const [input, tags, context] = jobs
    await editRow(url, input?.id ?? '', { input: BROKEN })
    await editRow(url, tags?.id ?? '', { tags: BROKEN })
    await editRow(url, context?.id ?? '', { context: BROKEN })
    await runUntilIdle(queue, { jobs: [job], clock, canProcess: ({ name }) => name === 'test.group' })
    const states = await Promise.all(jobs.map(({ id }) => queue.get(id)))
    expect(states.map((each) => each?.state)).toEqual(['failed', 'failed', 'failed', 'complete', 'complete'])
    for (const each of states.slice(0, 3)) expect(each).toMatchObject({ failure: { kind: 'invalid_input' } })
    expect(states[1]).toMatchObject({ failure: { message: expect.stringContaining('tags in the store') } })
    expect(seen).toEqual([4, 5])
  })

  test('no handler goes on from a checkpoint that is no JSON, and a history that is none goes on', async ({
    queue,
    url,
    clock,
  }) => {
    const later = defineJob({
      name: 'test.later',
      retries: 1,
      backoff: { base: '1h' },
      async run(_, ctx) {
        await ctx.checkpoint({ page: 1 })
        throw new Error('again')
      },
    })
    const [checkpoint, history] = [await queue.enqueue(later, 1), await queue.enqueue(later, 2)]
    await runUntilIdle(queue, { jobs: [later], clock, advance: false })
    await editRow(url, checkpoint.id, { checkpoint: BROKEN })
    await editRow(url, history.id, { errors: BROKEN })
    await clock.advance('2h')
    await runUntilIdle(queue, { jobs: [later], clock })
    expect(await checkpoint.get()).toMatchObject({ state: 'failed', failure: { kind: 'invalid_input' } })
    expect(await history.get()).toMatchObject({
      state: 'failed',
      errors: [{ message: `[not JSON] ${BROKEN}` }, { message: 'again', attempt: 2 }],
    })
  })

  test('whoever listens hears of a change beside progress that is no JSON', async ({
    queue,
    url,
    start,
    clock,
  }) => {
    const changes = queue.subscribe()
    const seen: JobChange[] = []
    const ended = (async () => {
      for await (const change of changes) seen.push(change)
    })()
    const { job, run } = heldJob()
    const { id } = await queue.enqueue(job, 1)
    await start({ jobs: [job], progressInterval: 0 })
    run().ctx.progress(0.5)
    await clock.advance(0)
    await run().ctx.checkpoint(1)
    await editRow(url, id, { progress: BROKEN })
    await run().ctx.checkpoint(2)
    run().end('done')
    await clock.advance('1s')
    await changes.return?.()
    await ended
    const told = seen.filter(({ verb }) => verb === 'checkpoint').map(({ progress }) => progress)
    expect(told).toEqual([{ fraction: 0.5 }, { message: `[not JSON] ${BROKEN}` }])
    expect(seen.at(-1)?.verb).toBe('complete')
  })
}

describeSqlite('rows that somebody has edited', cases)
describePostgres('rows that somebody has edited', cases)
