import { defineJob } from 'millhand'
import { openTestQueue } from 'millhand/testing'
import { expect, test } from 'vitest'

const mail = defineJob({ name: 'test.mail', queue: 'mail' })

test('on a virtual clock that nobody moves, a queue is drained by what this process does', async () => {
  const { queue, clock } = await openTestQueue()
  const [first, second] = await queue.enqueueMany(mail, [1, 2])
  let isDrained = false
  const waiting = queue.drained('mail').then(() => {
    isDrained = true
  })
  await clock.settle()
  await first?.cancel()
  await clock.settle()
  expect(isDrained).toBe(false)
  await second?.cancel()
  await clock.settle()
  expect(isDrained).toBe(true)
  await waiting
  await queue.close()
})
