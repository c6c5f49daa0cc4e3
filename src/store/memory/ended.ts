import type { JobRecord } from '../../job/job.ts'
import type { EndedJobs } from '../catalog.ts'
import type { MemoryData } from './data/data.ts'

export function ended(data: MemoryData, sinceMs: number, limit: number): EndedJobs[] {
  const newest = [...data.jobs.settled]
    .filter(({ state, finishedAt }) => state !== 'cancelled' && (finishedAt ?? 0) >= sinceMs)
    .reverse()
    .slice(0, limit)
  const alike = Map.groupBy(newest, (job) => JSON.stringify([job.name, job.state, durationMs(job)]))
  return [...alike.values()].map(toEnded)
}

/** Of jobs that ended alike, the newest first. */
function toEnded(jobs: readonly JobRecord[]): EndedJobs {
  const [job] = jobs as [JobRecord]
  return {
    name: job.name,
    state: job.state as EndedJobs['state'],
    durationMs: durationMs(job),
    count: jobs.length,
    firstAt: jobs.at(-1)?.finishedAt ?? 0,
  }
}

function durationMs({ startedAt, finishedAt }: JobRecord): number | null {
  return startedAt === null || finishedAt === null ? null : finishedAt - startedAt
}
