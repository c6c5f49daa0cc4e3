import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, test as base, expect } from 'vitest'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/index.ts'
import { enqueue, newJobs, startWorker } from '../../../support/jobs.ts'

const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
afterAll(() => rmSync(folder, { recursive: true }))

const test = base
  .extend('clock', () => new VirtualClock())
  .extend('store', async ({ clock }, { onCleanup }) => {
    const store = await openSqliteStore({ file: join(mkdtempSync(join(folder, 'store-')), 'jobs.db'), clock })
    onCleanup(() => store.close())
    return store
  })
  .extend('worker', ({ store }) => startWorker(store, 'first'))

test('what falls due all at once is made ready in pieces, and claims go on meanwhile', async ({
  store,
  worker,
  clock,
}) => {
  for (let piece = 0; piece < 3; piece += 1) {
    const jobs = newJobs(1_000, { delayMs: 10 }).map((job) => ({ ...job, id: `${job.id} of ${piece}` }))
    await enqueue(store, ...jobs)
  }
  const dueAt = clock.now() + 10
  await clock.advance(10)

  expect(await worker.claim({ limit: 5 })).toHaveLength(5)
  expect(await store.jobs.nextDueAt()).toBe(dueAt)
  expect(await worker.claim({ limit: 5 })).toHaveLength(5)
  expect(await worker.claim({ limit: 2_990 })).toHaveLength(2_990)
  expect(await store.jobs.nextDueAt()).toBeNull()
})
