import type { Deed, Rearrangement } from '../../job/operation.ts'
import { gateAmong, gatesWithin } from '../../job/queue-gates.ts'
import { heldTo } from '../../job/queue-settings.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { cancel, retry } from './control.ts'
import { hasOrders, restore } from './order.ts'
import { asList } from './parameters.ts'
import { putBack } from './pending.ts'
import { forgetResultsOf } from './results.ts'
import { settingsReader } from './size.ts'

interface Found {
  readonly seq: number
  readonly id: string
}

/** Does one thing to jobs, those of them that it can be done to; gives their ids. */
export function doAll(
  connection: Connection,
  deed: Deed,
  { ids, nowMs }: { readonly ids: readonly string[]; readonly nowMs: number },
): string[] {
  if (deed.verb === 'cancel') return cancel(connection, ids, { text: deed.reason, nowMs })
  if (deed.verb === 'retry') return retry(connection, ids, nowMs)
  if (deed.verb === 'delete') return remove(connection, ids)
  return rearrange(connection, deed, { ids, nowMs })
}

const SETTLED = `select seq, id from millhand_jobs where id in (select value from json_each(?))
  and state in ('complete', 'failed', 'cancelled') and worker is null`

const DELETE_LOGS = 'delete from millhand_logs where job in (select value from json_each(?))'

const DELETE_JOBS = 'delete from millhand_jobs where seq in (select value from json_each(?))'

/** One that was cancelled while it ran is left until its worker has let go of it: that is how its handler is told. */
function remove(connection: Connection, ids: readonly string[]): string[] {
  const settled = connection.all<Found>(SETTLED, asList(ids))
  const seqs = asList(settled.map(({ seq }) => seq))
  connection.run(DELETE_LOGS, seqs)
  connection.run(DELETE_JOBS, seqs)
  forgetResultsOf(
    connection,
    settled.map(({ seq }) => seq),
  )
  return settled.map(({ id }) => id)
}

/** Of what nobody holds: what a worker has claimed ahead keeps its place with it. */
const rearranging = (column: string): string => `update millhand_jobs set ${column} = ?
  where id in (select value from json_each(?)) and state = 'pending' and worker is null returning seq, id`

const REPRIORITISE = rearranging('priority')
const RESCHEDULE = rearranging('due_at')
const MOVE = rearranging('queue')

function rearrange(
  connection: Connection,
  deed: Rearrangement,
  { ids, nowMs }: { readonly ids: readonly string[]; readonly nowMs: number },
): string[] {
  if (hasOrders(connection)) restore(connection, seqsOf(connection, ids))
  const changed = connection.all<Found>(...statementOf(deed), asList(ids))
  const seqs = changed.map(({ seq }) => seq)
  if (deed.verb === 'move') giveGates(connection, deed.queue, seqs)
  putBack(connection, seqs, nowMs)
  recordChanges(connection, { verb: deed.verb, nowMs }, seqs)
  return changed.map(({ id }) => id)
}

const LIMITS_OF = 'select seq, limits, gate from millhand_jobs where seq in (select value from json_each(?))'

const SET_LIMITS = 'update millhand_jobs set limits = ?2, gate = ?3 where seq = ?1'

/** Moved jobs have the gates of the queue that they are in by now, and not those of the one before. */
function giveGates(connection: Connection, queue: string, seqs: readonly number[]): void {
  const held = heldTo(queue, settingsReader(connection))
  type Row = { readonly seq: number; readonly limits: string | null; readonly gate: string | null }
  for (const { seq, limits, gate } of connection.all<Row>(LIMITS_OF, asList(seqs))) {
    const given = gatesWithin(limits, held)
    if (given !== limits) connection.run(SET_LIMITS, seq, given, gateAmong(given, gate))
  }
}

const WAITING = `select seq from millhand_jobs where id in (select value from json_each(?)) and waits is not null`

function seqsOf(connection: Connection, ids: readonly string[]): number[] {
  return connection.all<{ seq: number }>(WAITING, asList(ids)).map(({ seq }) => seq)
}

function statementOf(deed: Rearrangement): [sql: string, value: string | number] {
  if (deed.verb === 'reprioritise') return [REPRIORITISE, deed.priority]
  return deed.verb === 'reschedule' ? [RESCHEDULE, deed.dueAt] : [MOVE, deed.queue]
}
