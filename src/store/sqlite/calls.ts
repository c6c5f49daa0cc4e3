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
  const made = connection.get<{ ids: string }>(ANSWER, call)
  if (made) return JSON.parse(made.ids)
  const ids = make()
  connection.run(KEEP, call, JSON.stringify(ids), nowMs)
  return ids
}

/** Forgets calls that nobody makes again any more. */
export function forgetCalls(connection: Connection, nowMs: number): void {
  connection.run(FORGET, nowMs - CALLS_KEPT_MS)
}
