import { emptyData, type MemoryData } from '../../src/store/memory/data/data.ts'
import { memoryStoreOn } from '../../src/store/memory/index.ts'
import type { Database } from '../database.ts'
import { MachineClock, NOBODY, type Timeline } from '../timeline.ts'

/** One store that all processes of the world share. */
export function memoryDatabase(timeline: Timeline): Database {
  const data = emptyData(new MachineClock(timeline, NOBODY))
  const store = memoryStoreOn(data)
  const writes = countWrites(data)
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
    version: async () => String(writes()),
    // A record is never changed but replaced: it is its own mark.
    marks: async () => new Map([...data.jobs.all()].reverse().map((job) => [job.id, job])),
    remove: async () => {},
  }
}

/** How often anything was written that somebody looks at: beats and empty claims, which are most calls, write nothing of it. */
function countWrites({ jobs, workers, paused, schedules, settings }: MemoryData): () => number {
  let count = 0
  const written = () => {
    count += 1
  }
  before(jobs, ['put', 'placeAnew', 'delete', 'rollback'], written)
  before(workers, ['set'], (id) => {
    if (!workers.has(`${id}`)) count += 1
  })
  before(workers, ['delete'], written)
  for (const map of [paused, schedules, settings]) before(map, ['set', 'delete'], written)
  return () => count
}

/** Has somebody told each time before one of these methods is called. */
function before(target: object, methods: readonly string[], tell: (...given: unknown[]) => void): void {
  for (const name of methods) {
    const method = Reflect.get(target, name) as (...given: unknown[]) => unknown
    Reflect.set(target, name, (...given: unknown[]) => {
      tell(...given)
      return method.apply(target, given)
    })
  }
}
