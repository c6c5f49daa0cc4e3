import { defineJob } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { describeStores } from '../support/stores.ts'

const SECRET = 'rosebud'

/** What SECURITY.md claims of logs and of SQL. */
describeStores('SECURITY.md', (test) => {
  test('no input, output, checkpoint, context, key or tag is in the log', async ({ open }) => {
    const lines: string[] = []
    const note = (...line: unknown[]) =>
      void lines.push(JSON.stringify(line, (_, value) => (value instanceof Error ? `${value.stack}` : value)))
    const queue = await open({ logger: { debug: note, info: note, warn: note, error: note } })
    const job = defineJob({
      name: 'test.secret',
      retries: 1,
      backoff: { kind: 'fixed', base: 0 },
      async run(input, ctx) {
        await ctx.checkpoint({ at: SECRET })
        if (ctx.job.attempt === 1) throw new Error('the first attempt fails')
        return { input, done: SECRET }
      },
    })
    const options = { key: SECRET, tags: [SECRET], context: { user: SECRET } }
    const handle = await queue.enqueue(job, { text: SECRET }, options)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.result()).toEqual({ input: { text: SECRET }, done: SECRET })
    await queue.cancel((await queue.enqueue(job, SECRET, { delay: '1h' })).id, 'not needed')
    const log = lines.join('\n')
    for (const event of ['enqueue', 'checkpoint', 'retry', 'complete', 'cancel', 'the first attempt fails'])
      expect(log).toContain(event)
    expect(log).not.toContain(SECRET)
  })

  test('a value is never a part of a statement, wherever it comes from', async ({ queue }) => {
    const text = `'); drop table millhand_jobs; drop table "millhand".jobs; -- \\' $1 ?1 {schema} $$`
    const job = defineJob({
      name: 'test.hostile',
      retries: 0,
      run() {
        throw new Error(text)
      },
    })
    const handle = await queue.enqueue(job, text, { key: text, tags: [text], context: { [text]: text } })
    await runUntilIdle(queue, { jobs: [job], name: text })
    expect(
      await queue.list({ key: text, tag: text, error: text, name: ['test.hostile', text] }),
    ).toMatchObject([
      { id: handle.id, input: text, key: text, tags: [text], context: { [text]: text }, state: 'failed' },
    ])
    expect(await queue.count({ queue: text })).toBe(0)
    expect(await queue.get(text)).toBeNull()
    expect(await queue.logs(text)).toEqual([])
    expect(await queue.cancel([text, handle.id], text)).toEqual([])
    expect(await queue.retry([handle.id])).toEqual([handle.id])
    expect(await queue.cancel([handle.id], text)).toEqual([handle.id])
    await expect(queue.pause(text)).rejects.toMatchObject({ code: 'invalid_name' })
    expect(await handle.get()).toMatchObject({ state: 'cancelled', reason: text })
  })
})
