import { openMemoryStore } from '../../src/store/memory/index.ts'
import { describeStore } from './suite.ts'

describeStore('memory', {
  open: (clock) => openMemoryStore({ clock }),
})
