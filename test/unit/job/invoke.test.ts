import { expect, test } from 'vitest'
import { childId, childPriority, depthOf, isSpent, requireSameChild } from '../../../src/job/invoke.ts'
import { parseInvoke } from '../../../src/job/invoke-options.ts'
import { INVOKE_DEPTH_MAX } from '../../../src/job/limits.ts'
import { jobOfTick } from '../../../src/job/schedule-tick.ts'
import { uuidv7 } from '../../../src/kit/ids.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { newJob } from '../../support/jobs.ts'

const parent = { id: uuidv7(new VirtualClock(), () => 0.5)(), name: 'test.parent' }

test('the id of a child follows from its parent, its step and how many there were before', () => {
  const places = [
    { step: 'a', round: 0 },
    { step: 'a', round: 1 },
    { step: 'b', round: 0 },
  ]
  const ids = places.map((place) => childId(parent, place))
  expect(places.map((place) => childId(parent, place))).toEqual(ids)
  const ofAnother = places.map((place) => childId({ ...parent, id: `${parent.id.slice(0, -1)}f` }, place))
  expect(new Set([...ids, ...ofAnother]).size).toBe(6)
})

test('it is a UUID that begins as that of its parent, or is one all the same', () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
  const id = childId(parent, { step: 'a', round: 0 })
  expect(id).toMatch(uuid)
  expect(id.slice(0, 14)).toBe(parent.id.slice(0, 14))
  expect(childId({ ...parent, id: 'order-7' }, { step: 'a', round: 0 })).toMatch(uuid)
})

test('jobs invoke one another so many deep, and no deeper', () => {
  let id = parent.id
  for (let depth = 1; depth <= INVOKE_DEPTH_MAX; depth += 1) {
    id = childId({ ...parent, id }, { step: 'a', round: 0 })
    expect(depthOf(id)).toBe(depth)
  }
  expect(() => childId({ ...parent, id }, { step: 'a', round: 0 })).toThrow(
    expect.objectContaining({ code: 'invoked_too_deep', facts: { id, name: 'test.parent', limit: 100 } }),
  )
})

test('no other job is taken for a child', () => {
  expect(depthOf(parent.id)).toBe(0)
  const { id: _, key: _key, delayMs: _delay, runAtMs: _runAt, limits: _limits, ...scheduled } = newJob('a')
  for (let tickMs = 0; tickMs < 100; tickMs += 1)
    expect(depthOf(jobOfTick('nightly', scheduled, tickMs).id)).toBe(0)
})

test('a child comes before what has not begun, unless it is more urgent by itself', () => {
  const ofParent = (priority: number) => childPriority({ priority }, 5)
  expect([0, 5, 1_000_000].map(ofParent)).toEqual([5, 6, 1_000_000])
})

test('what came to nothing before the parent ran again is run anew, and nothing else', () => {
  const ended = (state: 'complete' | 'failed' | 'cancelled') => isSpent({ state, finishedAt: 100 }, 100)
  expect([ended('failed'), ended('cancelled'), ended('complete')]).toEqual([true, true, false])
  expect(isSpent({ state: 'failed', finishedAt: 101 }, 100)).toBe(false)
  expect(isSpent({ state: 'running', finishedAt: null }, 100)).toBe(false)
})

test('a child is the same whatever the order of the keys of its input', () => {
  const child = { id: 'c', name: 'test.child', input: '{"a":1,"b":2}' }
  const asked = { step: 's', name: 'test.child', input: '{"b":2,"a":1}' }
  expect(() => requireSameChild(child, asked)).not.toThrow()
  for (const other of [{ input: '{"a":1}' }, { name: 'test.other' }])
    expect(() => requireSameChild(child, { ...asked, ...other })).toThrow(
      expect.objectContaining({ code: 'child_differs' }),
    )
})

test('what a call says of a child is read once, whatever its getters answer', () => {
  const reads: string[] = []
  const given = {
    get queue() {
      reads.push('queue')
      return `queue-${reads.length}`
    },
    get step() {
      reads.push('step')
      return 'charge'
    },
  }
  const { step, options } = parseInvoke(given)
  expect({ step, queue: options.queue }).toEqual({
    step: 'charge',
    queue: `queue-${reads.indexOf('queue') + 1}`,
  })
  expect(reads.sort()).toEqual(['queue', 'step'])
})
