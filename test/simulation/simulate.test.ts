import { describe, expect, test } from 'vitest'
import { CORPUS } from '../../simulation/corpus.ts'
import type { Course } from '../../simulation/simulate.ts'
import { coursesOf, problemsOf } from './seeds.ts'

/** How many seeds run each time: what they find in seconds. More of them run in the long test. */
const SEEDS = { memory: 300, sqlite: 20 } as const

/** Some worlds have limits, orders, sizes and schedules: all of this happens to them. */
const CONTROLS = [
  ...['limits.declare', 'limits.override', 'limits.tend', 'queues.configure', 'queues.place'],
  ...['schedules.set', 'schedules.advance'],
]

describe.each(['memory', 'sqlite'] as const)('simulated workers, clients and faults on %s', (store) => {
  test('break no promise with the seeds that have once found something', async () => {
    const remembered = CORPUS.filter((each) => each.store === store)
    const courses: Course[] = []
    for (const { seed, steps } of remembered)
      courses.push(...(await coursesOf({ store, from: seed, count: 1, steps })))
    expect(courses).toHaveLength(remembered.length)
    expect(problemsOf(courses)).toEqual([])
  })

  test('break no promise, and everything ends when the faults do', async () => {
    const courses = await coursesOf({ store, count: SEEDS[store] })
    expect(problemsOf(courses)).toEqual([])
    expect(mean(courses, 'calls')).toBeGreaterThan(500)
    expect(mean(courses, 'faults')).toBeGreaterThan(5)
    const verbs = new Set(courses.flatMap(({ calls }) => [...calls.keys()]))
    expect(CONTROLS.filter((verb) => !verbs.has(verb))).toEqual([])
  })

  test('go the same way with the same seed, event by event', async () => {
    const [first] = await coursesOf({ store, from: 77, count: 1 })
    const [second] = await coursesOf({ store, from: 77, count: 1 })
    expect(first?.story().length).toBeGreaterThan(500)
    expect(second?.story()).toEqual(first?.story())
  })
})

/** How many calls or faults a seed has, on average. */
function mean(courses: readonly Course[], what: 'calls' | 'faults'): number {
  const sums = courses.map((course) => [...course[what].values()].reduce((sum, count) => sum + count, 0))
  return sums.reduce((sum, each) => sum + each, 0) / courses.length
}
