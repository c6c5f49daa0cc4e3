import { LedgerSheets } from '../../job/ledger.ts'
import type { Settlement } from '../../job/outcome.ts'
import { TRANSITIONS } from '../../job/state.ts'
import type { Settled } from '../jobs.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { closeGates, leaveGates } from './gates.ts'
import { BEGUN, FENCE } from './holding.ts'
import { completeAlike } from './leaving/complete.ts'
import { enter } from './ledger.ts'
import { goBack, isReady, putBack } from './pending.ts'
import { keepResult } from './results.ts'

const COMPLETE = `update millhand_jobs set state = 'complete', worker = null, output = ?5, outcome = ?6, reason = ?7,
  finished_at = ?8, ${BEGUN} where ${FENCE}`

const FAIL = `update millhand_jobs set state = 'failed', worker = null, failure_kind = ?5, errors = ?6, output = ?7,
  finished_at = ?8, ${BEGUN} where ${FENCE}`

/** The handler of a cancelled job has ended: nothing of it is kept but that it has. */
const ACKNOWLEDGE = `update millhand_jobs set worker = null
  where seq = ? and state = 'cancelled' and worker = ? and epoch = ?`

/** With its errors: a rescue, an expiry or an operator's retry may have brought the job to the same state. */
const WRITTEN = 'select 1 from millhand_jobs where seq = ? and epoch = ? and state = ? and errors is ?'

/** Writes how jobs ended that were running or held, inside the caller's transaction. */
export function settle(
  connection: Connection,
  settlements: readonly Settlement[],
  { nowMs, repeated = false }: { readonly nowMs: number; readonly repeated?: boolean | undefined },
): Settled[] {
  const changed = new Map<Settlement['verb'], number[]>()
  const ready: number[] = []
  const sheets = new LedgerSheets()
  const done = completeAlike(connection, settlements, nowMs)
  const results = settlements.map((settlement): Settled => {
    if (!done.has(settlement) && write(connection, settlement, nowMs) === 0)
      return refuse(connection, settlement, repeated)
    sheets.settled(settlement)
    keepResult(connection, settlement, nowMs)
    if (isPending(settlement) && isReady(settlement)) ready.push(settlement.seq)
    const seqs = changed.get(settlement.verb)
    if (seqs) seqs.push(settlement.seq)
    else changed.set(settlement.verb, [settlement.seq])
    return 'settled'
  })
  putBack(connection, ready, nowMs)
  leave(connection, settlements, { results, nowMs })
  enter(connection, sheets, nowMs)
  for (const [verb, seqs] of changed) recordChanges(connection, { verb, nowMs }, seqs)
  return results
}

/** Only of jobs that had to pass gates: most have none. What a handler has closed is closed before anybody goes on. */
function leave(
  connection: Connection,
  settlements: readonly Settlement[],
  { results, nowMs }: { readonly results: readonly Settled[]; readonly nowMs: number },
): void {
  const left = settlements.filter(({ limited }, index) => limited && results[index] === 'settled')
  if (left.length === 0) return
  closeGates(connection, left, nowMs)
  leaveGates(
    connection,
    left.map(({ seq }) => seq),
    nowMs,
  )
}

/** Values are passed one by one: to spread a list of them took a twentieth of the statement's time. */
function write(connection: Connection, settlement: Settlement, nowMs: number): number {
  const { seq, worker, epoch, verb, begunAfterMs, errors } = settlement
  switch (verb) {
    case 'complete': {
      const { output, outcome, reason } = settlement
      return connection.run(COMPLETE, seq, worker, epoch, begunAfterMs, output, outcome, reason, nowMs)
    }
    case 'fail': {
      const { failureKind, output } = settlement
      return connection.run(FAIL, seq, worker, epoch, begunAfterMs, failureKind, errors, output, nowMs)
    }
    case 'retry':
    case 'snooze':
    case 'release':
      return goBack(connection, settlement, nowMs)
  }
}

/** Whether it leaves the job pending. */
function isPending({ verb }: Settlement): boolean {
  return TRANSITIONS[verb].to === 'pending'
}

function refuse(connection: Connection, settlement: Settlement, repeated: boolean): Settled {
  const { seq, worker, epoch, verb, errors } = settlement
  if (connection.run(ACKNOWLEDGE, seq, worker, epoch) > 0) return 'cancelled'
  if (repeated && connection.get(WRITTEN, seq, epoch, TRANSITIONS[verb].to, errors)) return 'settled'
  return 'refused'
}
