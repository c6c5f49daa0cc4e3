import { expect } from 'vitest'
import { test } from './scene.ts'

const ROUNDS = 8

test('an acknowledged enqueue survives the kill of its process, wherever that hits', async ({
  scene,
  queue,
}) => {
  const acknowledged: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const enqueuer = await scene.enqueuer({ act: 'return' }, { atATime: round + 1 })
    enqueuer.say('go')
    await enqueuer.next('acknowledged', () => enqueuer.all('acknowledged').length > 3 * round)
    await enqueuer.end('SIGKILL')
    acknowledged.push(...enqueuer.all('acknowledged').flatMap(({ ids }) => ids))
    expect(enqueuer.all('refused')).toEqual([])
  }

  const found = await Promise.all(acknowledged.map((id) => queue.get(id)))
  expect(found.filter((job) => job?.state !== 'pending')).toEqual([])
  expect(await queue.count()).toBeGreaterThanOrEqual(acknowledged.length)
  scene.expectSound()
})

test(
  'processes that open a new file at the same time all get it, made once',
  { repeats: 2 },
  async ({ scene }) => {
    const processes = await Promise.all([1, 2, 3].map(() => scene.enqueuer({ act: 'return' }, { most: 1 })))
    for (const each of processes) each.say('go')
    const exits = await Promise.all(processes.map((each) => each.exited))

    expect(exits).toEqual(processes.map(() => ({ code: 0, signal: null })))
    const queue = await scene.open()
    expect(await queue.count({ state: 'pending' })).toBe(3)
    scene.expectSound()
  },
)
