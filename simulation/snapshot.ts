import type { JobRecord } from '../src/job/job.ts'
import type { Tally } from '../src/store/catalog.ts'
import type { Store } from '../src/store/store.ts'
import type { WorkerRecord } from '../src/store/workers.ts'
import type { Controls } from './controls/controls.ts'
import type { Marks } from './database.ts'

/** All that is in a store at one moment; the newest jobs first. */
export interface Snapshot {
  readonly jobs: ReadonlyMap<string, JobRecord>
  readonly workers: ReadonlyMap<string, WorkerRecord>
  readonly tally: readonly Tally[]
  /** Queues that are paused. */
  readonly paused: ReadonlySet<string>
  /** What queues are controlled by, in a world that has that. */
  readonly controls?: Controls
}

/** Whether no job has changed: what has been found of them all holds still. */
export function isSame(one: Snapshot, other: Snapshot): boolean {
  return one.jobs === other.jobs
}

export const EMPTY: Snapshot = { jobs: new Map(), workers: new Map(), tally: [], paused: new Set() }

/** Reads, past the gates, what may be another than before: of the jobs only those that have changed, and most calls change none. */
export async function lookAgain(
  store: Store,
  before: Snapshot,
  { marks, changed }: { readonly marks: Marks; readonly changed: readonly string[] },
): Promise<Snapshot> {
  const around = await lookAround(store)
  if (changed.length === 0 && marks.size === before.jobs.size) return { ...before, ...around }
  const fresh = byId(changed.length > 0 ? await store.catalog.get(changed) : [])
  const jobs = new Map<string, JobRecord>()
  for (const id of marks.keys()) {
    const job = fresh.get(id) ?? before.jobs.get(id)
    if (job) jobs.set(id, job)
  }
  return { ...around, jobs, tally: await store.catalog.tally() }
}

async function lookAround(store: Store): Promise<Pick<Snapshot, 'workers' | 'paused'>> {
  const workers = new Map((await store.workers.list()).map((worker) => [worker.id, worker]))
  const paused = new Set((await store.queues.paused()).map(({ queue }) => queue))
  return { workers, paused }
}

function byId(jobs: readonly JobRecord[]): ReadonlyMap<string, JobRecord> {
  return new Map(jobs.map((job) => [job.id, job]))
}
