import type { Settlement } from '../../job/outcome.ts'
import { TRANSITIONS } from '../../job/state.ts'
import type { Settled } from '../jobs.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { isHeldBy } from './holding.ts'
import { putBack, WAITS } from './pending.ts'

/** The fence: a write after a claim is accepted only while the job is still this attempt's. */
const FENCE = isHeldBy('?1', '?2', '?3')

/** A job that is still held when it ends has begun meanwhile, so long after its claim; null where it never has. */
const BEGUN = `started_at = case when state = 'pending' then claimed_at + ?4 else started_at end,
  expires_at = iif(?4 is null, expires_at, null)`

const COMPLETE = `update millhand_jobs set state = 'complete', worker = null, output = ?5, outcome = ?6, reason = ?7,
  finished_at = ?8, ${BEGUN} where ${FENCE}`

const FAIL = `update millhand_jobs set state = 'failed', worker = null, failure_kind = ?5, errors = ?6, finished_at = ?7,
  ${BEGUN} where ${FENCE}`

const AGAIN = `update millhand_jobs set state = 'pending', worker = null, attempt = ?5, errors = ?6, due_at = ?7,
  waits = ?8, ${BEGUN} where ${FENCE}`

const RELEASE = `update millhand_jobs set state = 'pending', worker = null, attempt = ?5, ${BEGUN} where ${FENCE}`

/** The handler of a cancelled job has ended: nothing of it is kept but that it has. */
const ACKNOWLEDGE = `update millhand_jobs set worker = null
  where seq = ? and state = 'cancelled' and worker = ? and epoch = ?`

const WRITTEN = `select 1 from millhand_jobs where seq = ? and epoch = ? and state = ?
  and failure_kind is not 'crashed'`

/** Writes how jobs ended that were running or held, inside the caller's transaction. */
export function settle(
  connection: Connection,
  settlements: readonly Settlement[],
  { nowMs, repeated = false }: { readonly nowMs: number; readonly repeated?: boolean | undefined },
): Settled[] {
  const changed = new Map<Settlement['verb'], number[]>()
  const ready: number[] = []
  const results = settlements.map((settlement): Settled => {
    if (write(connection, settlement, nowMs) === 0) return refuse(connection, settlement, repeated)
    if (isReady(settlement)) ready.push(settlement.seq)
    const seqs = changed.get(settlement.verb)
    if (seqs) seqs.push(settlement.seq)
    else changed.set(settlement.verb, [settlement.seq])
    return 'settled'
  })
  putBack(connection, ready, nowMs)
  for (const [verb, seqs] of changed) recordChanges(connection, { verb, nowMs }, seqs)
  return results
}

/** Values are passed one by one: to spread a list of them took a twentieth of the statement's time. */
function write(connection: Connection, settlement: Settlement, nowMs: number): number {
  const { seq, worker, epoch, begunAfterMs, attempt, errors } = settlement
  switch (settlement.verb) {
    case 'complete': {
      const { output, outcome, reason } = settlement
      return connection.run(COMPLETE, seq, worker, epoch, begunAfterMs, output, outcome, reason, nowMs)
    }
    case 'fail':
      return connection.run(FAIL, seq, worker, epoch, begunAfterMs, settlement.failureKind, errors, nowMs)
    case 'retry':
    case 'snooze': {
      const waits = isReady(settlement) ? null : WAITS.due
      const dueAt = nowMs + settlement.dueInMs
      return connection.run(AGAIN, seq, worker, epoch, begunAfterMs, attempt, errors, dueAt, waits)
    }
    case 'release':
      return connection.run(RELEASE, seq, worker, epoch, begunAfterMs, attempt)
  }
}

/** Whether the job may run again at once: then it needs a place in its lane. */
function isReady({ verb, dueInMs }: Settlement): boolean {
  return verb === 'release' || ((verb === 'retry' || verb === 'snooze') && dueInMs <= 0)
}

function refuse(connection: Connection, settlement: Settlement, repeated: boolean): Settled {
  const { seq, worker, epoch, verb } = settlement
  if (connection.run(ACKNOWLEDGE, seq, worker, epoch) > 0) return 'cancelled'
  // Only whoever held it in this epoch can have made of the job what this settlement makes of it.
  if (repeated && connection.get(WRITTEN, seq, epoch, TRANSITIONS[verb].to)) return 'settled'
  return 'refused'
}
