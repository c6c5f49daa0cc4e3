import { TransientError } from '../../../src/store/errors.ts'
import type { Beat } from '../../../src/store/workers.ts'

export interface BusyBeat {
  readonly times: number
  readonly away: boolean
  /** It never connects. */
  readonly crowded: boolean
  /** It is refused once, and then hears nothing more. */
  readonly hangs: boolean
}

/** What the beat thread loads in beat.test.ts: a store that is busy so many times, and then has something to tell. */
export function openBeat(data: unknown): {
  open: () => Promise<void>
  extend: () => Promise<Beat>
  close: () => Promise<void>
} {
  const { times, away, crowded, hangs } = data as BusyBeat
  let busy = times
  let tries = 0
  return {
    async open() {
      tries += 1
      if (hangs && tries > 1) await new Promise(() => {})
      if (crowded || hangs) throw new TransientError('too many clients', { away: true, crowded: true })
    },
    async extend() {
      busy -= 1
      if (busy >= 0) throw new TransientError(away ? 'nobody there' : 'database is locked', { away })
      return { lost: true, order: 'run' as const, cancelled: [] }
    },
    async close() {},
  }
}
