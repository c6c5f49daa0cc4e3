import { test as base } from 'vitest'
import { seededRandom } from '../../src/kit/random.ts'
import { openPostgresStore } from '../../src/store/postgres/index.ts'
import { emptySchema } from './postgres.ts'

/** `test`, with a store in a schema of its own: made for this test alone, and gone when it has ended. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: the test runner reads from the pattern what a fixture needs
  .extend('url', async ({}, { onCleanup }) => {
    const { url, release } = await emptySchema()
    onCleanup(release)
    return url
  })
  .extend('store', async ({ url }, { onCleanup }) => {
    const store = await openPostgresStore({ to: url, random: seededRandom(1) })
    onCleanup(() => store.close())
    return store
  })
