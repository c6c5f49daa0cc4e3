import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import { CLOSE_WAIT_MS } from './store-test.ts'
import { describeStore } from './suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
afterAll(() => rmSync(folder, { recursive: true }))

describeStore('sqlite', {
  open: (clock) => {
    const file = join(mkdtempSync(join(folder, 'store-')), 'jobs.db')
    return openSqliteStore({ file, clock, closeWaitMs: CLOSE_WAIT_MS })
  },
  reopen: (store, clock) => openSqliteStore({ file: store.location, clock }),
})
