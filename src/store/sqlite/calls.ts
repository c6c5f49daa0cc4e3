import { CALLS_KEPT_MS } from '../catalog.ts'
import type { Connection } from './connection.ts'

const ANSWER = 'select ids from millhand_calls where call = ?'

const KEEP = 'insert into millhand_calls (call, ids, at) values (?, ?, ?)'

const FORGET = 'delete from millhand_calls where at <= ?'

/**
 * Makes a call, inside the caller's transaction; or, where it was made before and its answer was lost, answers what it
 * answered then.
 */
export function once(
  connection: Connection,
  { call, nowMs }: { readonly call: string | undefined; readonly nowMs: number },
  make: () => string[],
): string[] {
  if (call === undefined) return make()
  const made = answered(connection, call)
  if (made) return made
  const ids = make()
  keepAnswer(connection, { call, nowMs }, ids)
  return ids
}

/** What a call has answered, where it was made. */
export function answered(connection: Connection, call: string): string[] | undefined {
  const made = connection.get<{ ids: string }>(ANSWER, call)
  return made && JSON.parse(made.ids)
}

export function keepAnswer(
  connection: Connection,
  { call, nowMs }: { readonly call: string; readonly nowMs: number },
  ids: readonly string[],
): void {
  connection.run(KEEP, call, JSON.stringify(ids), nowMs)
}

/** Forgets calls that nobody makes again any more. */
export function forgetCalls(connection: Connection, nowMs: number): void {
  connection.run(FORGET, nowMs - CALLS_KEPT_MS)
}
