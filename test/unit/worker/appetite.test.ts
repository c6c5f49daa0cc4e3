import { expect, test } from 'vitest'
import { STATEMENT_ROWS_MAX } from '../../../src/job/limits.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import type { QueueInternals } from '../../../src/queue/internals.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { Appetite } from '../../../src/worker/appetite.ts'
import type { Crew } from '../../../src/worker/crew.ts'
import type { HeldJobs } from '../../../src/worker/held-jobs.ts'
import { HELD_BYTES_MAX } from '../../../src/worker/hold.ts'
import type { WorkerSettings } from '../../../src/worker/options.ts'

const MIB = 1024 * 1024

interface Load {
  readonly heldBytes?: number
  readonly waitingBytes?: number
  readonly active?: number
  readonly isQuiet?: boolean
}

/** A worker with ten slots, of which none is taken. */
function appetite({ heldBytes = 0, waitingBytes = 0, active = 0, isQuiet = false }: Load): Appetite {
  const crew = {
    settler: { waitingBytes, flushMs: { value: 1 } },
    rate: { perMs: 0, latest: 0 },
    slots: { taken: 0, runsAlone: false },
    active,
  } as unknown as Crew
  return new Appetite({ clock: new VirtualClock(), store: openMemoryStore() } as unknown as QueueInternals, {
    settings: { concurrency: 10 } as WorkerSettings,
    crew,
    held: { bytes: heldBytes, size: 0 } as HeldJobs,
    isQuiet: () => isQuiet,
    waitsAlone: async () => false,
  })
}

test('a worker claims for its free slots, and nothing when it was told to be quiet', () => {
  expect(appetite({}).size).toBe(10)
  expect(appetite({ isQuiet: true }).size).toBe(0)
})

test('large inputs that wait to begin here keep it from claiming more, however few jobs those are', () => {
  expect(appetite({ heldBytes: HELD_BYTES_MAX - 1 }).size).toBe(10)
  expect(appetite({ heldBytes: HELD_BYTES_MAX }).size).toBe(0)
})

test('a claim brings no more bytes than there is room for, and one job in any case', () => {
  expect(appetite({}).room.bytesMax).toBe(HELD_BYTES_MAX)
  expect(appetite({ heldBytes: HELD_BYTES_MAX - 5 }).room.bytesMax).toBe(5)
  expect(appetite({ heldBytes: 2 * HELD_BYTES_MAX }).room.bytesMax).toBe(1)
})

test('outcomes that are not written yet keep it from claiming more, by their number and by their bytes', () => {
  expect(appetite({ active: 3 * STATEMENT_ROWS_MAX - 1 }).size).toBe(10)
  expect(appetite({ active: 3 * STATEMENT_ROWS_MAX }).size).toBe(0)
  expect(appetite({ waitingBytes: 32 * MIB - 1 }).size).toBe(10)
  expect(appetite({ waitingBytes: 32 * MIB }).size).toBe(0)
})
