import type { Beat } from '../workers.ts'
import { Connection } from './connection.ts'
import { OwnWrites } from './own-writes.ts'
import { extend } from './workers.ts'

/** What the beat thread is given to open. */
export interface BeatData {
  readonly file: string
  /** See `OwnWrites`. */
  readonly ownWrites: Int32Array
}

/** A thread of its own may block: better a late beat than none. */
const BUSY_TIMEOUT_MS = 2_000

/** Opens the connection from which a thread beats the lease of a worker, beside the event loop. */
export function openBeat(
  { file, ownWrites }: BeatData,
  now: () => number,
): {
  extend: (worker: string, leaseMs: number) => Promise<Beat>
  close: () => Promise<void>
} {
  const connection = new Connection(file, BUSY_TIMEOUT_MS)
  connection.db.exec('pragma synchronous = normal')
  const own = new OwnWrites(ownWrites)
  return {
    async extend(id, leaseMs) {
      own.addBeat()
      return extend(connection, { id, leaseMs }, now())
    },
    close: async () => connection.close(),
  }
}
