import type { Beat } from '../workers.ts'
import { Connection } from './connection.ts'
import { extend } from './workers.ts'

/** What the beat thread is given to open. */
export interface BeatData {
  readonly file: string
}

/** A thread of its own may block: better a late beat than none. */
const BUSY_TIMEOUT_MS = 2_000

/** Opens the connection from which a thread beats the lease of a worker, beside the event loop. */
export function openBeat(
  { file }: BeatData,
  now: () => number,
): {
  extend: (worker: string, leaseMs: number) => Promise<Beat>
  close: () => Promise<void>
} {
  const connection = new Connection(file, BUSY_TIMEOUT_MS)
  connection.db.exec('pragma synchronous = normal')
  return {
    extend: async (id, leaseMs) => extend(connection, { id, leaseMs }, now()),
    close: async () => connection.close(),
  }
}
