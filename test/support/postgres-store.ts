import { test as base } from 'vitest'
import { seededRandom } from '../../src/kit/random.ts'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { openPostgresStore } from '../../src/store/postgres/index.ts'
import { startWorker } from './jobs.ts'
import { emptySchema } from './postgres.ts'

const inSchema = base
  // biome-ignore lint/correctness/noEmptyPattern: the test runner reads from the pattern what a fixture needs
  .extend('url', async ({}, { onCleanup }) => {
    const { url, release } = await emptySchema()
    onCleanup(release)
    return url
  })

/** `test`, with a store in a schema of its own: made for this test alone, and gone when it has ended. */
export const test = inSchema.extend('store', async ({ url }, { onCleanup }) => {
  const store = await openPostgresStore({ to: url, random: seededRandom(1) })
  onCleanup(() => store.close())
  return store
})

/** The same on a clock that stands still. */
export const timedTest = inSchema
  .extend('clock', () => new VirtualClock())
  .extend('store', async ({ url, clock }, { onCleanup }) => {
    const store = await openPostgresStore({ to: url, clock, random: seededRandom(1) })
    onCleanup(() => store.close())
    return store
  })
  .extend('worker', ({ store }) => startWorker(store, 'first'))
