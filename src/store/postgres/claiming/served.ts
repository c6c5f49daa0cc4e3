import { handlesName } from '../../../job/handled-names.ts'
import type { NewJob } from '../../../job/new-job.ts'
import type { Place, Served } from '../../jobs.ts'

export function keyOf({ names, queues }: Served): string {
  return JSON.stringify([names, queues])
}

export function fits({ names, queues }: Served, { name, queue }: NewJob): boolean {
  return handlesName(names, name) && (queues?.includes(queue) ?? true)
}

/** Of each lane that got new jobs: one of them, and a place that none comes before. Those that are due later come later. */
export function boundsOf(jobs: readonly NewJob[], atMs: number): Iterable<{ job: NewJob; after: Place }> {
  const bounds = new Map<string, { job: NewJob; after: Place }>()
  for (const job of jobs) {
    if (job.runAtMs === null && job.delayMs > 0) continue
    const lane = `${job.name}\0${job.queue}`
    const { priority, dueAt } = bounds.get(lane)?.after ?? { priority: job.priority, dueAt: atMs }
    const after = {
      priority: Math.max(priority, job.priority),
      dueAt: Math.min(dueAt, job.runAtMs ?? atMs),
      seq: 0,
    }
    bounds.set(lane, { job, after })
  }
  return bounds.values()
}
