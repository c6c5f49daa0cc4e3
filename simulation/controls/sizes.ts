import type { JobRecord } from '../../src/job/job.ts'
import { idsStoredBy, isDrop } from '../changes.ts'
import type { Invariant } from '../event.ts'

/** No more wait in a queue than its size lets, once something was put into it. */
const rightSize: Invariant = ({ calls, before, after }) => {
  const [call] = calls
  if (calls.length !== 1 || call?.isDoubtful) return []
  const fresh = [...idsStoredBy(calls)].filter((id) => !before.jobs.has(id))
  const queues = new Set(fresh.map((id) => after.jobs.get(id)?.queue))
  return [...queues].flatMap((queue) => {
    const { maxSize } = after.controls?.settings.get(`${queue}`) ?? {}
    const count = [...after.jobs.values()].filter((job) => job.queue === queue && waits(job)).length
    return maxSize !== undefined && count > maxSize
      ? [`${count} wait in ${queue}, which takes ${maxSize}, after ${call?.verb}`]
      : []
  })
}

/** What newer jobs push out of a queue are the oldest, where it says so. */
const dropsOldest: Invariant = ({ changes, before, after }) =>
  changes.filter(isDrop).flatMap(({ after: dropped }) => {
    const { overflow } = before.controls?.settings.get(dropped.queue) ?? {}
    if (overflow !== 'dropOldest')
      return [`${dropped.id} was dropped from ${dropped.queue}, which drops none`]
    const older = [...after.jobs.values()].filter(
      (job) => job.queue === dropped.queue && waits(job) && job.seq < dropped.seq,
    )
    return older.map(({ id }) => `${dropped.id} was dropped, though ${id} is older`)
  })

function waits({ state, worker }: JobRecord): boolean {
  return state === 'pending' && worker === null
}

export const OF_SIZES: readonly Invariant[] = [rightSize, dropsOldest]
