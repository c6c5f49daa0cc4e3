import { expect, test } from 'vitest'
import { deferred } from '../../../src/kit/deferred.ts'
import { nextTurn } from '../../../src/kit/turn.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { Turns } from '../../../src/store/turns.ts'

/** A body that runs until the test ends it. */
function held() {
  const { promise, resolve } = deferred<void>()
  return { body: () => promise, end: () => resolve() }
}

/** Turns with a line that is given up after a second of standstill. */
function turnsOf(most: number) {
  const clock = new VirtualClock()
  const error = (waitedMs: number) => new Error(`nothing for ${waitedMs} ms`)
  return { clock, turns: new Turns(most, { limitMs: 1_000, error, clock }) }
}

test('as many bodies run as there are turns; the others come in their order', async () => {
  const { turns } = turnsOf(2)
  const begun: number[] = []
  const bodies = [0, 1, 2, 3].map(held)
  const all = bodies.map(({ body }, index) => {
    return turns.take(() => {
      begun.push(index)
      return body()
    })
  })
  bodies[1]?.end()
  await all[1]
  await nextTurn()
  expect(begun).toEqual([0, 1, 2])
  for (const { end } of bodies) end()
  await Promise.all(all)
  expect(begun).toEqual([0, 1, 2, 3])
})

test('who leaves the line takes no turn with him, not even in the moment in which it came', async () => {
  const { turns } = turnsOf(1)
  const first = held()
  const running = turns.take(first.body)
  const leaving = [new AbortController(), new AbortController()]
  const left = leaving.map(({ signal }) => turns.take(async () => 'never', signal))
  const last = turns.take(async () => 'the last')
  leaving[1]?.abort(new Error('gone'))
  await expect(left[1]).rejects.toThrow('gone')
  first.end()
  await running
  leaving[0]?.abort(new Error('gone, too'))
  await Promise.allSettled(left)
  expect(await last).toBe('the last')
  expect(await turns.take(async () => 'free')).toBe('free')
})

test('a line that stands still is given up; one that moves is waited in', async () => {
  const { turns, clock } = turnsOf(1)
  const bodies = [0, 1, 2].map(held)
  const all = bodies.map(({ body }) => turns.take(body))
  const last = turns.take(async () => 'the last')
  last.catch(() => {})
  for (const index of [0, 1]) {
    await clock.advance('900ms')
    bodies[index]?.end()
    await all[index]
  }
  await clock.advance('1900ms')
  await expect(last).rejects.toThrow('nothing for 1000 ms')
  bodies[2]?.end()
  await all[2]
  expect(await turns.take(async () => 'free')).toBe('free')
})
