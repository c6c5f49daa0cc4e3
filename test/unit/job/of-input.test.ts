import { defineJob } from 'millhand'
import { openTestQueue } from 'millhand/testing'
import { expect, onTestFinished, test } from 'vitest'

const late = async () => {
  throw new Error('too late to be heard')
}

test.each([
  ['group', { group: late }, 'invalid_group'],
  ['limit', { limits: [{ key: late, concurrency: 1 }] }, 'invalid_limit_key'],
  ['cache', { cache: { key: late, ttl: '1h' } }, 'invalid_limit_key'],
])('a %s that is asked asynchronously is refused as a promise, whose failure ends no process', async (_, options, code) => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const job = defineJob({ name: 'test.late', ...options } as never)
  await expect(queue.enqueue(job, null)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(' gave a promise for '),
  })
  expect(await queue.count()).toBe(0)
})
