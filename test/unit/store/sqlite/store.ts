import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from 'vitest'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/index.ts'
import { startWorker } from '../../../support/jobs.ts'

/** `test` with an empty store, and whatever it needs to be looked at from beside. */
export const test = base
  .extend('clock', () => new VirtualClock())
  .extend('store', async ({ clock }, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
    const store = await openSqliteStore({ file: join(folder, 'jobs.db'), clock })
    onCleanup(async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    })
    return store
  })
  .extend('worker', ({ store }) => startWorker(store, 'first'))
