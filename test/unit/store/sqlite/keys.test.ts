import { expect, vi } from 'vitest'
import { Room } from '../../../../src/store/room.ts'
import { Connection } from '../../../../src/store/sqlite/connection.ts'
import { insert } from '../../../../src/store/sqlite/insert.ts'
import { enqueue, keyed, newJobs } from '../../../support/jobs.ts'
import { test } from './store.ts'

test('where no key outlives its job, jobs ask for that once a call, and those without a key not at all', async ({
  store,
}) => {
  await enqueue(store)
  using connection = opened(store.location)
  const looks = vi.spyOn(connection, 'get')
  const options = { room: new Room(), pendingMax: 1_000, nowMs: 0 }
  const looksFor = (...jobs: Parameters<typeof insert>[1][number][]) => {
    looks.mockClear()
    insert(connection, jobs, options)
    return looks.mock.calls.filter(([sql]) => sql.includes('millhand_keys')).length
  }
  insert(connection, newJobs(1), options)

  expect(looksFor(keyed('a'), keyed('b', {}, { key: 'b' }), keyed('c', {}, { key: 'c' }))).toBe(1)
  expect(looksFor(...newJobs(3).map((job) => ({ ...job, id: `${job.id} without` })))).toBe(0)
})

function opened(location: string) {
  const connection = new Connection(location.replace(/^sqlite:/, ''))
  return Object.assign(connection, { [Symbol.dispose]: () => connection.close() })
}
