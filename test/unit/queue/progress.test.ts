import { defineJob, type Queue } from 'millhand'
import { openTestQueue } from 'millhand/testing'
import { expect, test } from 'vitest'
import { nextTurn } from '../../../src/kit/turn.ts'

const mail = defineJob({ name: 'test.mail', queue: 'mail' })

/** What goes on in pieces, and tells of each: how it ends when its listener does this. */
const CALLS: [
  verb: string,
  run: (queue: Queue, onProgress: () => unknown) => Promise<unknown>,
  code: string,
][] = [
  ['purge', (queue, onProgress) => queue.purge('mail', { onProgress }), 'bulk_incomplete'],
  [
    'an operation',
    (queue, onProgress) => queue.matching({ queue: 'mail' }).cancel('no', { onProgress }),
    'operation_incomplete',
  ],
]

async function filled(): Promise<Queue> {
  const { queue } = await openTestQueue()
  await queue.enqueueMany(mail, Array(2_500))
  return queue
}

test.each(
  CALLS,
)('what a listener of progress throws ends it after the piece, and says why: %s', async (_, run, code) => {
  const queue = await filled()
  const ended = run(queue, () => {
    throw new Error('no terminal')
  })
  await expect(ended).rejects.toMatchObject({ code, facts: { problem: 'no terminal' } })
  expect(await queue.count({ state: 'pending' })).toBe(1_500)
  await queue.close()
})

test.each(CALLS)('what a listener of progress gives is not waited for: %s', async (_, run) => {
  const queue = await filled()
  await run(queue, () => new Promise(() => {}))
  expect(await queue.count({ state: 'pending' })).toBe(0)
  await queue.close()
})

test.each(
  CALLS,
)('a promise of a listener that is rejected ends it with the next piece: %s', async (_, run, code) => {
  const queue = await filled()
  const ended = run(queue, async () => {
    throw new Error('no terminal')
  })
  await expect(ended).rejects.toMatchObject({ code, facts: { problem: 'no terminal' } })
  expect(await queue.count({ state: 'pending' })).toBe(500)
  await queue.close()
})

test('a promise that is rejected when all is done is no fault of the process', async () => {
  const queue = await filled()
  let calls = 0
  const late = async () => {
    calls += 1
    if (calls === 3) throw new Error('too late')
  }
  expect(await queue.purge('mail', { onProgress: late })).toBe(2_500)
  await nextTurn()
  await queue.close()
})
