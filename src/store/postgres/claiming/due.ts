import type { Session } from '../session.ts'
import type { Due } from './look.ts'

/** What a claim that has found nothing asks for. */
export interface NextDue {
  readonly dueAt: number | null
  /** Something was left to a worker: see errands.ts. */
  readonly errands: boolean
}

const NEXT_DUE = `select least(
    (select min(due_at) from millhand.pending where waits = 2 and (due_at, seq) > ($1::bigint, $2::bigint)),
    (select min(opens_at) from millhand.gates where opens_at is not null)) as "dueAt",
  exists (select from millhand.errands) as errands`

/**
 * The first due time of the jobs that no claim has made ready yet, be it past or to come: what falls due between a
 * claim and this look is seen by the look. `after`: everything before that place is ready already.
 */
export async function nextDueAt(session: Session, after: Due): Promise<NextDue> {
  const [row] = await session.rows<NextDue>(NEXT_DUE, after.dueAt, after.seq)
  return row ?? { dueAt: null, errands: false }
}
