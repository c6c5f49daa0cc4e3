import type { Settlement } from '../../job/outcome.ts'
import type { Settled } from '../jobs.ts'
import type { Connection } from './connection.ts'
import { CLAIMABLE_IF_DUE, recordChanges } from './rows.ts'

/** The fence: a write after a claim is accepted only while the job is still this attempt's. */
const FENCE = "seq = ? and state = 'running' and worker = ? and epoch = ?"

const COMPLETE = `update millhand_jobs set state = 'complete', worker = null, output = ?, outcome = ?, reason = ?,
  finished_at = ? where ${FENCE}`

const FAIL = `update millhand_jobs set state = 'failed', worker = null, failure_kind = ?, errors = ?, finished_at = ?
  where ${FENCE}`

const AGAIN = `update millhand_jobs set state = 'pending', worker = null, attempt = ?, errors = ?, due_at = ?
  where ${FENCE}`

const RELEASE = `update millhand_jobs set state = 'pending', worker = null, attempt = ? where ${FENCE}`

const MAKE_CLAIMABLE = `update millhand_jobs set claimable = ${CLAIMABLE_IF_DUE} where seq = ?`

/** The handler of a cancelled job has ended: nothing of it is kept but that it has. */
const ACKNOWLEDGE = `update millhand_jobs set worker = null
  where seq = ? and state = 'cancelled' and worker = ? and epoch = ?`

/** Writes how running jobs ended, inside the caller's transaction. */
export function settle(connection: Connection, settlements: readonly Settlement[], nowMs: number): Settled[] {
  const changed = new Map<Settlement['verb'], number[]>()
  const results = settlements.map((settlement): Settled => {
    if (write(connection, settlement, nowMs) === 0) return acknowledge(connection, settlement)
    const seqs = changed.get(settlement.verb)
    if (seqs) seqs.push(settlement.seq)
    else changed.set(settlement.verb, [settlement.seq])
    return 'settled'
  })
  for (const [verb, seqs] of changed) recordChanges(connection, { verb, nowMs }, seqs)
  return results
}

function write(connection: Connection, settlement: Settlement, nowMs: number): number {
  const { seq, worker, epoch, attempt, errors } = settlement
  switch (settlement.verb) {
    case 'complete': {
      const { output, outcome, reason } = settlement
      return connection.run(COMPLETE, output, outcome, reason, nowMs, seq, worker, epoch)
    }
    case 'fail':
      return connection.run(FAIL, settlement.failureKind, errors, nowMs, seq, worker, epoch)
    case 'retry':
    case 'snooze': {
      const written = connection.run(AGAIN, attempt, errors, nowMs + settlement.dueInMs, seq, worker, epoch)
      return written && connection.run(MAKE_CLAIMABLE, nowMs, seq)
    }
    case 'release': {
      const written = connection.run(RELEASE, attempt, seq, worker, epoch)
      return written && connection.run(MAKE_CLAIMABLE, nowMs, seq)
    }
  }
}

function acknowledge(connection: Connection, { seq, worker, epoch }: Settlement): Settled {
  return connection.run(ACKNOWLEDGE, seq, worker, epoch) > 0 ? 'cancelled' : 'refused'
}
