import type { Settled, Start } from '../jobs.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { FENCE } from './holding.ts'

const BEGIN = `update millhand_jobs set state = 'running', started_at = claimed_at + ?4, expires_at = null
  where ${FENCE} and state = 'pending'`

const STATE = 'select state from millhand_jobs where seq = ? and worker = ? and epoch = ?'

/** Writes that jobs which were held have begun, inside the caller's transaction. */
export function begin(connection: Connection, starts: readonly Start[], nowMs: number): Settled[] {
  const begun: number[] = []
  const results = starts.map((start): Settled => {
    const { seq, worker, epoch, afterMs } = start
    if (connection.run(BEGIN, seq, worker, epoch, afterMs) === 0) return begunBefore(connection, start)
    begun.push(seq)
    return 'settled'
  })
  recordChanges(connection, { verb: 'start', nowMs }, begun)
  return results
}

/** Said again, since the answer was lost; or too late. */
function begunBefore(connection: Connection, { seq, worker, epoch }: Start): Settled {
  const state = connection.get<{ state: string }>(STATE, seq, worker, epoch)?.state
  if (state === undefined) return 'refused'
  return state === 'cancelled' ? 'cancelled' : 'settled'
}
