import { openMemoryStore } from '../../src/store/memory/index.ts'
import { CLOSE_WAIT_MS } from './store-test.ts'
import { describeStore } from './suite.ts'

describeStore('memory', {
  open: (clock) => openMemoryStore({ clock, closeWaitMs: CLOSE_WAIT_MS }),
})
