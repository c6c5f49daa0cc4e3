import { runsAlone } from '../src/job/care.ts'
import type { JobRecord } from '../src/job/job.ts'
import { type ClaimedJob, type ClaimRequest, compareJobs } from '../src/store/jobs.ts'
import { shown } from './changes.ts'
import type { Event } from './event.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * A claim takes the best of what is ready: priority, then due time, then arrival. On a store that promises it of all
 * jobs at any moment, and not only of those that a process knows of.
 */
export function bestFirst({ calls, before, after, isOrdered }: Event): string[] {
  const [call] = calls
  if (!isOrdered || call?.verb !== 'jobs.claim' || calls.length > 1) return []
  const taken = call.result as ClaimedJob[]
  const last = taken.toSorted(compareJobs).at(-1)
  if (!last || runsAlone(last)) return []
  const request = call.values[0] as ClaimRequest
  const passedOver = [...before.jobs.values()].filter(
    (job) =>
      isReady(job, last.claimedAt) &&
      fits(job, request) &&
      !before.paused.has(job.queue) &&
      compareJobs(job, last) < 0 &&
      !taken.some(({ id }) => id === job.id) &&
      mayBegin(job, { after, taken, request }),
  )
  return passedOver.map((job) => `jobs.claim took ${last.id} and passed over ${shown(job)}`)
}

function isReady(job: JobRecord, atMs: number): boolean {
  const isThere = job.state === 'pending' && job.worker === null && !runsAlone(job)
  return isThere && job.dueAt <= atMs && (job.expiresAt === null || job.expiresAt > atMs)
}

function fits({ name, queue }: JobRecord, { names, queues }: ClaimRequest): boolean {
  return (names?.includes(name) ?? true) && (queues?.includes(queue) ?? true)
}

interface Claim {
  readonly after: Snapshot
  readonly taken: readonly ClaimedJob[]
  readonly request: ClaimRequest
}

/** What has limits begins with its claim, while there is a slot; at a gate that is closed it waits, and is put away. */
function mayBegin(job: JobRecord, { after, taken, request }: Claim): boolean {
  if (job.limits === null) return true
  const better = taken.filter((each) => compareJobs(each, job) < 0)
  const isParked = job.gate !== null || (after.jobs.get(job.id)?.gate ?? null) !== null
  return better.length < request.begins && !isParked
}
