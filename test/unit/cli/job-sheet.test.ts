import { expect, onTestFinished, test } from 'vitest'
import { sheetLines } from '../../../src/cli/job-sheet.ts'
import { plain } from '../../../src/cli/paint.ts'
import { defineJob, type Queue } from '../../../src/index.ts'
import { openTestQueue, runUntilIdle } from '../../../src/testing/index.ts'

const greet = defineJob({
  name: 'app.greet',
  run: (_, ctx) => (ctx.job.tags.length > 0 ? ctx.skip('no one there') : 'hello'),
})

async function sheetOf(queue: Queue, id: string): Promise<string> {
  const [job, explanation] = await Promise.all([queue.get(id), queue.explain(id)])
  if (!job) throw new Error(`there is no job ${id}`)
  return sheetLines({ job, explanation, logs: [] }, plain).join('\n')
}

test('the sheet of a job that did not run says whose result it has', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const job = defineJob({ name: 'app.count', cache: { key: () => 'k', ttl: '1h' }, run: () => 7 })
  const ran = await queue.enqueue(job)
  const cached = await queue.enqueue(job)
  await runUntilIdle(queue, { jobs: [job] })
  const sheet = await sheetOf(queue, cached.id)
  expect(sheet).toContain(`it did not run, and has the result of job ${ran.id}`)
  expect(sheet).toMatch(new RegExp(`result of +${ran.id}\n(.*\n)*output +7`))
})

test('the sheet of a complete job says once that it is complete, and that of a skipped one why', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const done = await queue.enqueue(greet, null)
  const skipped = await queue.enqueue(greet, null, { tags: ['away'] })
  await runUntilIdle(queue, { jobs: [greet] })
  expect((await sheetOf(queue, done.id)).match(/complete/g)).toHaveLength(1)
  expect(await sheetOf(queue, skipped.id)).toContain('skipped: no one there')
})

test('the sheet of a job says whose it is', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const { id } = await queue.enqueue(greet, null, { group: 'tenant-a' })
  expect(await sheetOf(queue, id)).toMatch(/group +tenant-a/)
})
