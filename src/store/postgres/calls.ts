import type { Database } from './database.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

/** Whoever makes the same call at the same time waits here until the first one has its answer. */
const CLAIM = `insert into millhand.calls (call, at, ids) values ($2, ${NOW}, '{}') on conflict do nothing returning call`

/** As JSON: an id may hold what an array would need to escape. */
const ANSWERED = 'select array_to_json(ids)::text as ids from millhand.calls where call = $1'

const ANSWER = 'update millhand.calls set ids = $2::text[] where call = $1'

const ALL_ANSWERED =
  'select call, array_to_json(ids)::text as ids from millhand.calls where call = any($1::text[])'

/** What calls have answered, of those that were made. */
export async function answers(
  session: Session,
  calls: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (calls.length === 0) return new Map()
  const rows = await session.rows<{ call: string; ids: string }>(ALL_ANSWERED, calls)
  return new Map(rows.map(({ call, ids }) => [call, JSON.parse(ids)]))
}

/**
 * Makes a call, in a transaction; or, where it was made before and its answer was lost, answers what it answered then.
 */
async function once(session: Session, call: string, make: () => Promise<string[]>): Promise<string[]> {
  if ((await session.at(CLAIM, call)).length === 0) {
    const [row] = await session.rows<{ ids: string }>(ANSWERED, call)
    return row ? JSON.parse(row.ids) : []
  }
  const ids = await make()
  await session.rows(ANSWER, call, ids)
  return ids
}

/** In a transaction; where the call has a name, with what it answers. */
export function callOnce(
  database: Database,
  call: string | undefined,
  make: (session: Session) => Promise<string[]>,
): Promise<string[]> {
  return database.transaction((_, within) =>
    call === undefined ? make(within) : once(within, call, () => make(within)),
  )
}
