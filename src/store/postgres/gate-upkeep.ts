import { GATES_LOOKED_AT } from '../limits.ts'
import { isIdle } from '../placement.ts'
import { readGates } from './gates.ts'
import { pruneResults } from './results.ts'
import type { Session } from './session.ts'

const SOME_GATES = 'select gate from millhand.gates where gate > $1 order by gate limit $2::integer'

/** Where a row still is as it was looked at. One that somebody has locked, to let others pass, is left to him. */
const FORGET = `delete from millhand.gates where gate = any (array(
    select m.gate from millhand.gates m join unnest($1::text[], $2::text[], $3::bigint[]) as g(gate, grants, closed_until)
      on m.gate = g.gate and m.grants = g.grants and m.closed_until is not distinct from g.closed_until
    order by m.gate for update of m skip locked))`

/**
 * Forgets results that count no more, and gates at which nothing is left of what has happened there, of those after the gate `from`; gives from where to go
 * on, '' when through. Without that there would be a row for every key that has ever been.
 */
export async function pruneGates(session: Session, from: string): Promise<string> {
  await pruneResults(session, GATES_LOOKED_AT)
  const rows = await session.rows<{ gate: string }>(SOME_GATES, from, GATES_LOOKED_AT)
  const names = rows.map(({ gate }) => gate)
  if (names.length === 0) return ''
  const reader = await readGates(session, names)
  const idle = names.filter((gate) => isIdle(gate, reader, reader.nowMs))
  await session.rows(
    FORGET,
    idle,
    idle.map((gate) => JSON.stringify(reader.state(gate).grants)),
    idle.map((gate) => reader.state(gate).closedUntil),
  )
  return names.length < GATES_LOOKED_AT ? '' : (names.at(-1) ?? '')
}
