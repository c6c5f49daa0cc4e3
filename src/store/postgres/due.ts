import type { Session } from './session.ts'
import { NOW } from './sql.ts'

const NEXT_DUE = `select min(due_at) as "dueAt" from millhand.pending where claimable is null and due_at > ${NOW}`

export async function nextDueAt(session: Session): Promise<number | null> {
  const [row] = await session.at<{ dueAt: number | null }>(NEXT_DUE)
  return row?.dueAt ?? null
}
