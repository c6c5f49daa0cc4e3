import { expect, onTestFinished, test } from 'vitest'
import { unpausedQueue, unusedQueue } from '../../../src/cli/strange-queue.ts'
import { defineJob } from '../../../src/index.ts'
import { openTestQueue } from '../../../src/testing/index.ts'

const work = defineJob({ name: 'test.work', run: () => {} })

test('a queue that nobody uses is told, with the one that was meant', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  await queue.enqueue(work, null, { queue: 'mail' })
  expect(await unusedQueue(queue, 'mail')).toBeUndefined()
  await queue.pause('mial')
  expect(await unusedQueue(queue, 'mial')).toMatch(/No job is in queue 'mial'.* Did you mean 'mail'\?/)
  expect(await unpausedQueue(queue, 'mial')).toBeUndefined()
  expect(await unpausedQueue(queue, 'mil')).toMatch(/'mil' was not paused. Did you mean 'mial'\?/)
})
