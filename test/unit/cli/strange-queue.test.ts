import { expect, onTestFinished, test } from 'vitest'
import { waited } from '../../../src/cli/commands/queues.ts'
import { unpausedQueue, unusedQueue } from '../../../src/cli/strange-queue.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { defineJob } from '../../../src/index.ts'
import { openTestQueue } from '../../../src/testing/index.ts'
import { KeptStream } from './stream.ts'

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

test('a queue that is waited for until it is empty, and that nobody uses, is told with the one that was meant', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  await queue.enqueue(work, null, { queue: 'mail' })
  const stderr = new KeptStream()
  const terminal = new Terminal({ stdout: new KeptStream(), stderr, env: {}, json: false })
  const wait = (waitEmpty: string) =>
    waited({ command: 'queues', args: [], options: { waitEmpty }, terminal }, queue)
  expect(await wait('mial')).toBe(true)
  expect(stderr.text).toMatch(/^No job is in queue 'mial'.* Did you mean 'mail'\?\n$/)
})
