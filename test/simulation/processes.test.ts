import { expect, test } from 'vitest'
import type { Plant } from '../../simulation/database.ts'
import { databasesOn } from '../../simulation/databases.ts'
import { simulate } from '../../simulation/simulate.ts'
import { storeError } from '../../src/store/errors.ts'

/** Two clients are connected first, and then the workers. */
const FIRST_WORKER = 3

test('a worker that cannot start ends with its process, and another one comes', async () => {
  let opened = 0
  const plant: Plant = (connection) => {
    opened += 1
    if (opened !== FIRST_WORKER) return connection
    const { store } = connection
    const register = () => Promise.reject(storeError('store_read_only', { location: store.location }))
    return { ...connection, store: { ...store, workers: { ...store.workers, register } } }
  }
  const course = await simulate({ databases: databasesOn('memory'), seed: 2, steps: 200, plant })
  expect(course.problems).toEqual([])
  const story = course.story().join('\n')
  expect(story).toMatch(/worker-3 {2}ends/)
  expect(story).toMatch(/worker-6 {2}starts/)
})
