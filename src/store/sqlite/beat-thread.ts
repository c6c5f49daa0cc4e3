import { systemClock } from '../../kit/clock.ts'
import type { Beat } from '../workers.ts'
import { Connection } from './connection.ts'
import { StoreTime } from './file/store-time.ts'
import { OwnWrites } from './own-writes.ts'
import { extend, extendAsKnown } from './workers.ts'

/** What the beat thread is given to open. */
export interface BeatData {
  readonly file: string
  /** See `OwnWrites`. */
  readonly ownWrites: Int32Array
}

/** A thread of its own may block while it opens the file: if it cannot, the event loop has to beat. */
const OPEN_TIMEOUT_MS = 2_000
/** A beat that meets a lock comes back at once: whoever beats knows how long it can wait, and when to ask again. */
const BEAT_TIMEOUT_MS = 2

/** Opens the connection from which a thread beats the lease of a worker, beside the event loop. */
export function openBeat({ file, ownWrites }: BeatData): {
  extend: (worker: string, leaseMs: number) => Promise<Beat>
  close: () => Promise<void>
} {
  const connection = new Connection(file, { busyTimeoutMs: OPEN_TIMEOUT_MS })
  connection.db.exec(`pragma synchronous = normal; pragma busy_timeout = ${BEAT_TIMEOUT_MS}`)
  const own = new OwnWrites(ownWrites)
  const time = new StoreTime(systemClock)
  return {
    async extend(id, leaseMs) {
      own.addBeat()
      const lease = { id, leaseMs }
      const known = time.asKnown()
      const beat = known && connection.writeAlone(false, () => extendAsKnown(connection, lease, known))
      return beat ?? connection.write(false, () => extend(connection, lease, time.forWrite(connection)))
    },
    close: async () => connection.close(),
  }
}
