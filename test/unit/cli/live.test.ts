import { expect, onTestFinished, test } from 'vitest'
import { eachChange } from '../../../src/cli/live.ts'
import type { JobChange } from '../../../src/index.ts'
import { defineJob } from '../../../src/index.ts'
import { internalsOf } from '../../../src/queue/internals.ts'
import { storeError } from '../../../src/store/errors.ts'
import { openTestQueue } from '../../../src/testing/index.ts'

async function watched() {
  const { queue } = await openTestQueue({ logger: false })
  onTestFinished(() => queue.close())
  const changes: JobChange[] = []
  const stop = new AbortController()
  const ended = eachChange(queue, stop.signal, (change) => changes.push(change))
  const fail = (error: Error) =>
    internalsOf(queue, 'test').events.emit('loop_error', { loop: 'subscribe', error })
  return { queue, changes, stop, ended, fail }
}

test('a watch of what may not be subscribed to ends with the reason', async () => {
  const { ended, fail } = await watched()
  fail(storeError('store_read_only', { location: 'sqlite:a.db' }))
  await expect(ended).rejects.toMatchObject({ code: 'store_read_only' })
})

test('a watch goes on after a database that was away', async () => {
  const { queue, changes, stop, ended, fail } = await watched()
  fail(storeError('store_busy', { location: 'sqlite:a.db', waitedMs: 1 }))
  await expect
    .poll(async () => {
      await queue.enqueue(defineJob({ name: 'test.work' }))
      return changes[0]?.verb
    })
    .toBe('enqueue')
  stop.abort()
  await expect(ended).resolves.toBeUndefined()
})
