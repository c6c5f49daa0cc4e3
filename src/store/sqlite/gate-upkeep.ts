import { GATES_LOOKED_AT } from '../limits.ts'
import { isIdle } from '../placement.ts'
import type { Connection } from './connection.ts'
import { gateReader } from './gates.ts'
import { asList, atMost } from './parameters.ts'

const SOME_GATES = `select gate from millhand_gates where gate > ? order by gate ${atMost()}`

const FORGET = 'delete from millhand_gates where gate in (select value from json_each(?))'

/**
 * Forgets gates at which nothing is left of what has happened there, of those after the gate `from`; gives from where to go
 * on, '' when through. Without that there would be a row for every key that has ever been.
 */
export function pruneGates(connection: Connection, from: string, nowMs: number): string {
  const gates = connection.all<{ gate: string }>(SOME_GATES, from, GATES_LOOKED_AT).map(({ gate }) => gate)
  const reader = gateReader(connection, nowMs)
  const idle = gates.filter((gate) => isIdle(gate, reader, nowMs))
  if (idle.length > 0) connection.run(FORGET, asList(idle))
  return gates.length < GATES_LOOKED_AT ? '' : (gates.at(-1) ?? '')
}
