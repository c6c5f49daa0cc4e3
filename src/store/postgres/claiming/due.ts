import type { Session } from '../session.ts'
import type { Due } from './look.ts'

const NEXT_DUE = `select least(
    (select min(due_at) from millhand.pending where waits = 2 and (due_at, seq) > ($1::bigint, $2::bigint)),
    (select min(opens_at) from millhand.gates where opens_at is not null)) as "dueAt"`

/**
 * The first due time of the jobs that no claim has made ready yet, be it past or to come: what falls due between a
 * claim and this look is seen by the look. `after`: everything before that place is ready already.
 */
export async function nextDueAt(session: Session, after: Due): Promise<number | null> {
  const [row] = await session.rows<{ dueAt: number | null }>(NEXT_DUE, after.dueAt, after.seq)
  return row?.dueAt ?? null
}
