import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import { describeStore } from './suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
afterAll(() => rmSync(folder, { recursive: true }))

describeStore('sqlite', {
  open: (clock) => openSqliteStore({ file: join(mkdtempSync(join(folder, 'store-')), 'jobs.db'), clock }),
  reopen: (store, clock) => openSqliteStore({ file: store.location, clock }),
})
