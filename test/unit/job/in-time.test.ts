import { expect, test } from 'vitest'
import { defineJob, type EnqueueOptions } from '../../../src/index.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { queueOn } from '../../support/queue.ts'

const clock = new VirtualClock()
const fromNow = (ms: number) => new Date(clock.now() + ms)

const SLIPS: [what: string, options: EnqueueOptions, definition: { expiresIn?: string }, message: string][] =
  [
    [
      'a delay that is longer than expiresIn',
      { delay: '2s', expiresIn: '1s' },
      {},
      "option 'delay' is 2.0s, expected less than the 'expiresIn', 1.0s",
    ],
    ['one that is as long', { delay: '1s', expiresIn: '1s' }, {}, "less than the 'expiresIn', 1.0s"],
    ['a deadline', { delay: '2s', deadline: '1s' }, {}, "less than the 'deadline', 1.0s"],
    ['the sooner of both', { delay: '2s', expiresIn: '3s', deadline: '1s' }, {}, "'deadline', 1.0s"],
    ["the definition's", { delay: '2s' }, { expiresIn: '1s' }, "'expiresIn' of job 'test.late', 1.0s"],
    ['a time', { runAt: fromNow(2_000), expiresIn: '1s' }, {}, "option 'runAt' is 2.0s from now"],
  ]

test.each(SLIPS)('a job that would fail before it is due is refused: %s', async (...given) => {
  const [, options, definition, message] = given
  const queue = queueOn(openMemoryStore({ clock }), clock)
  const job = defineJob({ name: 'test.late', ...(definition as object), run() {} })
  const refused = { code: 'invalid_option', message: expect.stringContaining(message) }
  await expect(queue.enqueue(job, null, options)).rejects.toMatchObject(refused)
  await expect(queue.enqueueMany([{ job, options }])).rejects.toMatchObject(refused)
  expect(await queue.count()).toBe(0)
  await queue.close()
})

test('a job that is due in time, or was due before, is not refused', async () => {
  const queue = queueOn(openMemoryStore({ clock }), clock)
  const job = defineJob({ name: 'test.late', expiresIn: '1s', run() {} })
  await queue.enqueue(job, null, { delay: '2s', expiresIn: '3s' })
  await queue.enqueue(job, null, { runAt: fromNow(999) })
  await queue.enqueue(job, null, { runAt: fromNow(-10_000) })
  expect(await queue.count()).toBe(3)
  await queue.close()
})
