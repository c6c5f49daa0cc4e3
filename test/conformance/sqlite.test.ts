import { afterAll } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import { emptyFile } from '../support/sqlite.ts'
import { CLOSE_WAIT_MS } from './store-test.ts'
import { describeStore } from './suite.ts'

/** Not when the store is closed: a case may open its data once more. */
const releases: (() => void)[] = []
afterAll(() => {
  for (const release of releases) release()
})

describeStore('sqlite', {
  open(clock) {
    const { file, release } = emptyFile()
    releases.push(release)
    return openSqliteStore({ file, clock, closeWaitMs: CLOSE_WAIT_MS })
  },
  reopen: (store, clock) => openSqliteStore({ file: store.location, clock }),
})
