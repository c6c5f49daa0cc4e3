import { expect, onTestFinished, test } from 'vitest'
import { idOf, idsOf } from '../../../src/cli/job-id.ts'
import { defineJob } from '../../../src/index.ts'
import { openTestQueue } from '../../../src/testing/index.ts'

const work = defineJob({ name: 'test.work', run: () => {} })

/** A queue with three jobs, the first of which is an hour older; their ids begin with the time. */
async function threeJobs() {
  const { queue, clock } = await openTestQueue()
  onTestFinished(() => queue.close())
  const first = await queue.enqueue(work, null)
  await clock.advance('1h')
  const [second, third] = await queue.enqueueMany(work, [null, null])
  return { queue, first: first.id, second: second?.id ?? '', third: third?.id ?? '' }
}

test('the beginning of an id is enough where no other begins so, and last is the newest job', async () => {
  const { queue, first, second, third } = await threeJobs()
  const unlikeOthers = [...first].findIndex((character, index) => character !== second[index]) + 1
  expect(await idOf(queue, first.slice(0, unlikeOthers), 'job')).toBe(first)
  expect(await idOf(queue, second, 'job')).toBe(second)
  expect(await idOf(queue, 'last', 'job')).toBe(third)
  expect(await idsOf(queue, ['last', first, third], 'retry')).toEqual([third, first])
})

test('where more than one job fits, the candidates are listed and none is chosen', async () => {
  const { queue, first, second, third } = await threeJobs()
  const all = [...new Set([first, second, third])].map((id) => ({ id, name: 'test.work', state: 'pending' }))
  await expect(idOf(queue, first.slice(0, 4), 'job')).rejects.toMatchObject({
    code: 'ambiguous_id',
    facts: { candidates: all.toSorted((left, right) => (left.id < right.id ? -1 : 1)), more: false },
    message: expect.stringContaining(`  ${second}  pending    test.work`),
  })
  await expect(idOf(queue, first.slice(0, 2), 'job')).rejects.toThrow(
    /is too short for an id: give its first 4/,
  )
})

test('what no id begins with is no job, and where there is none, none is the last', async () => {
  const { queue } = await threeJobs()
  expect(await idOf(queue, 'ffff', 'job')).toBe('ffff')
  await expect(idOf(queue, 'zz', 'explain')).rejects.toThrow(
    /^'zz' is too short for an id: give its first 4 .* See 'millhand explain --help'\.$/,
  )
  const { queue: empty } = await openTestQueue()
  onTestFinished(() => empty.close())
  await expect(idOf(empty, 'last', 'job')).rejects.toMatchObject({ code: 'no_job_yet' })
})
