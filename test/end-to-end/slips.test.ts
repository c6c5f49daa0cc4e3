import { defineJob, openQueue, Worker } from 'millhand'
import { expectEnqueued, openTestQueue, runUntilIdle } from 'millhand/testing'
import { expect, onTestFinished, test } from 'vitest'

const work = defineJob({ name: 'test.work', run: () => {} })

/** What a call throws that gets something which its types would not take. */
const refusal = async (call: (anything: never) => unknown, given: unknown) => {
  try {
    return await call(given as never)
  } catch (error) {
    return error
  }
}

test('a choice that there is not is refused with the nearest one', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const slips: [(given: never) => unknown, unknown, string][] = [
    [(state) => queue.list({ state }), 'completed', "Did you mean 'complete'?"],
    [(state) => queue.count({ state }), ['failed', 'canceled'], "Did you mean 'cancelled'?"],
    [(name) => queue.on(name, () => {}), 'completed', "Did you mean 'complete'?"],
    [(kind) => defineJob({ name: 'test.slip', backoff: { kind } }), 'exp', "Did you mean 'exponential'?"],
    [
      (base) => defineJob({ name: 'test.slip', backoff: { base } }),
      '5 minutes',
      "Its base is '5 minutes', expected a duration",
    ],
    [
      (bas) => defineJob({ name: 'test.slip', backoff: { bas } as never }),
      '5s',
      "It has no 'bas'. Did you mean 'base'?",
    ],
    [
      (factor) => defineJob({ name: 'test.slip', backoff: { factor } }),
      0.5,
      'expected a number of 1 or more',
    ],
    [(by) => queue.stats({ by }), 'nam', "Did you mean 'name'?"],
  ]
  for (const [call, given, hint] of slips) {
    const error = await refusal(call, given)
    expect(error).toMatchObject({ code: 'invalid_option', message: expect.stringContaining(hint) })
  }
})

test('a queue that was not awaited is said to be a promise, wherever a queue is taken', async () => {
  const promise = openQueue('memory:')
  const calls: ((queue: never) => unknown)[] = [
    (queue) => new Worker(queue, { jobs: [work] }),
    (queue) => runUntilIdle(queue, { jobs: [work] }),
    (queue) => expectEnqueued(queue, work),
  ]
  for (const call of calls) {
    const error = await refusal(call, promise)
    expect(error).toMatchObject({
      code: 'invalid_option',
      message: expect.stringMatching(/'queue' is a promise, expected .*const queue = await openQueue/),
    })
  }
  await (await promise).close()
})
