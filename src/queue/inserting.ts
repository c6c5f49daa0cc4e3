import type { NewJob } from '../job/new-job.ts'
import type { Inserted } from '../store/jobs.ts'
import { asRefusal } from '../store/refusal.ts'
import type { QueueInternals } from './internals.ts'
import { asOfOne } from './key-conflicts.ts'

type Parts = Pick<QueueInternals, 'store' | 'pendingMax' | 'events'>

/** Stores jobs in one transaction. */
export async function insert({ store, pendingMax }: Parts, jobs: readonly NewJob[]): Promise<Inserted[]> {
  try {
    return await store.jobs.insert(jobs, pendingMax)
  } catch (error) {
    throw asRefusal(error, store.location)
  }
}

/** Stores jobs in a transaction of the caller's, if there is one; else in one of their own, and tells of them. */
export async function insertAndTell(
  parts: Parts,
  jobs: readonly NewJob[],
  tx: object | undefined,
): Promise<Inserted[]> {
  // Jobs in a caller's transaction are not told of: it may be rolled back.
  if (tx) return parts.store.insertIn(tx, jobs, parts.pendingMax)
  const inserted = await insert(parts, jobs)
  announce(parts, jobs, inserted)
  return inserted
}

/** The same of one job. @throws MillhandError `key_conflict`, and what else refuses it */
export async function insertOne(parts: Parts, job: NewJob, tx: object | undefined): Promise<Inserted> {
  const [inserted] = await insertAndTell(parts, [job], tx).catch((error) => {
    throw asOfOne(error)
  })
  return inserted as Inserted
}

export function announce({ events }: Parts, jobs: readonly NewJob[], inserted: readonly Inserted[]): void {
  if (!events.has('enqueue')) return
  const stored = jobs.filter((_, index) => inserted[index]?.existed === false)
  if (stored.length === 0) return
  events.emit('enqueue', { jobs: stored.map(({ id, name, queue }) => ({ id, name, queue })) })
}
