import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { leaveGates } from './gates.ts'
import { keptByAnother } from './keys.ts'
import { enterEnded } from './ledger.ts'
import { ASKED_PRIORITY } from './order.ts'
import { asList } from './parameters.ts'
import { putBack } from './pending.ts'

/** A running job keeps its worker until the worker has acknowledged: that is how the handler is told. */
const CANCEL = `update millhand_jobs set state = 'cancelled', waits = null, lane = null, gate = null, reason = ?, finished_at = ?
  where id in (select value from json_each(?)) and state in ('pending', 'running')
  returning seq, id`

const RETRY = `update or ignore millhand_jobs set state = 'pending', attempt = 0, crashes = 0, care = 0, due_at = ?1,
  worker = null, started_at = null, finished_at = null, failure_kind = null, reason = null, output = null,
  outcome = null, expires_at = null, deadline_at = null, priority = ${ASKED_PRIORITY}, asked_priority = null,
  asked_due_at = null
  where id in (select value from json_each(?2)) and state in ('failed', 'cancelled')
  and (key is null or not ${keptByAnother('?1')})
  returning seq, id`

interface Changed {
  readonly seq: number
  readonly id: string
}

export function cancel(
  connection: Connection,
  ids: readonly string[],
  reason: { text: string; nowMs: number },
): string[] {
  const { nowMs } = reason
  const changed = connection.all<Changed>(CANCEL, reason.text, nowMs, asList(ids))
  leaveGates(connection, seqsOf(changed), nowMs)
  recordChanges(connection, { verb: 'cancel', nowMs }, seqsOf(changed))
  enterEnded(connection, seqsOf(changed), { end: 'cancelled', nowMs })
  return changed.map((job) => job.id)
}

/** `or ignore`: a job whose key another unfinished job holds by now stays as it is. */
export function retry(connection: Connection, ids: readonly string[], nowMs: number): string[] {
  const changed = connection.all<Changed>(RETRY, nowMs, asList(ids))
  putBack(connection, seqsOf(changed), nowMs)
  recordChanges(connection, { verb: 'retry', nowMs }, seqsOf(changed))
  return changed.map((job) => job.id)
}

function seqsOf(changed: readonly Changed[]): number[] {
  return changed.map((job) => job.seq)
}
