import { START_MS } from '../timeline.ts'
import type { World } from '../world.ts'

/** Whether a schedule waits for somebody to see to its tick, as far as that can be told: the time of a file is moved. */
export function isOverdue({ snapshot, database, timeline }: World): boolean {
  if (database.timing === 'stepped') return false
  const nowMs = START_MS + timeline.elapsedMs
  return [...(snapshot.controls?.schedules.values() ?? [])].some(
    ({ dueAt }) => dueAt !== null && dueAt <= nowMs,
  )
}
