import { openMemoryStore } from '../../src/store/memory/index.ts'
import type { Database } from '../database.ts'
import { MachineClock, NOBODY, type Timeline } from '../timeline.ts'

/** One store that all processes of the world share. */
export function memoryDatabase(timeline: Timeline): Database {
  const store = openMemoryStore({ clock: new MachineClock(timeline, NOBODY) })
  return {
    open: async () => ({ store }),
    step: () => {},
    restarts: false,
    concurrent: false,
    ordered: true,
    blocked: async () => 0,
    complaints: async () => [],
    version: async () => undefined,
    marks: async () => undefined,
    remove: async () => {},
  }
}
