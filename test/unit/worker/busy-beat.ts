import { TransientError } from '../../../src/store/errors.ts'
import type { Beat } from '../../../src/store/workers.ts'

/** What the beat thread loads in beat.test.ts: a store that is busy so many times, and then has something to tell. */
export function openBeat(data: unknown): { extend: () => Promise<Beat>; close: () => Promise<void> } {
  let busy = Number(data)
  return {
    async extend() {
      busy -= 1
      if (busy >= 0) throw new TransientError('database is locked')
      return { lost: true, cancelled: [] }
    },
    async close() {},
  }
}
