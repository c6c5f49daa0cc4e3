import { test as base } from 'vitest'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/index.ts'
import { startWorker } from '../../../support/jobs.ts'
import { emptyFile } from '../../../support/sqlite.ts'

/** `test` with an empty store, and whatever it needs to be looked at from beside. */
export const test = base
  .extend('clock', () => new VirtualClock())
  .extend('store', async ({ clock }, { onCleanup }) => {
    const { file, release } = emptyFile()
    const store = await openSqliteStore({ file, clock })
    onCleanup(() => store.close().then(release))
    return store
  })
  .extend('worker', ({ store }) => startWorker(store, 'first'))
