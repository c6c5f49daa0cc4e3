import { emptyData } from '../../src/store/memory/data/data.ts'
import { memoryStoreOn } from '../../src/store/memory/index.ts'
import type { Database } from '../database.ts'
import { MachineClock, NOBODY, type Timeline } from '../timeline.ts'

/** One store that all processes of the world share. */
export function memoryDatabase(timeline: Timeline): Database {
  const data = emptyData(new MachineClock(timeline, NOBODY))
  const store = memoryStoreOn(data)
  return {
    open: async () => ({ store }),
    step: () => {},
    restarts: false,
    concurrent: false,
    ordered: true,
    timing: 'exact',
    holders: async () =>
      data.jobs.heldGates().flatMap((gate) => data.jobs.holding(gate).map(({ id }) => ({ gate, id }))),
    blocked: async () => 0,
    complaints: async () => [],
    version: async () => undefined,
    // A record is never changed but replaced: it is its own mark.
    marks: async () => new Map([...data.jobs.all()].reverse().map((job) => [job.id, job])),
    remove: async () => {},
  }
}
