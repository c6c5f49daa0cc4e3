import type { JobRecord } from '../../job/job.ts'
import { TRANSITIONS, type Verb } from '../../job/state.ts'
import type { JobChange } from '../feed.ts'
import type { MemoryData } from './data/data.ts'
import { heldGates } from './data/job-table.ts'
import { reopen } from './gates.ts'

/** Changes that the feed keeps: more than a subscriber that reads at all can be behind. */
const CHANGES_KEPT = 10_000

/** What happens to a job, and the fields that it changes. */
type Change = Partial<JobRecord> & { readonly verb: Verb }

/** Does to a job what the verb says, and tells the subscribers of it. What waits again, waits until its deadline at most. */
export function change(data: MemoryData, job: JobRecord, { verb, ...fields }: Change): JobRecord {
  const state = TRANSITIONS[verb].to
  const left = { ...job, ...fields, state, gate: null }
  const changed = state === 'pending' ? { ...left, expiresAt: left.expiresAt ?? left.deadlineAt } : left
  data.jobs.put(changed)
  if (changed.state !== 'running') for (const gate of heldGates(job)) reopen(data, gate)
  announce(data, changed, verb)
  return changed
}

/** Tells the subscribers of a change that was made; without a subscriber, nobody pays for it. */
export function announce(data: MemoryData, job: JobRecord, verb: JobChange['verb']): void {
  const at = data.clock.now()
  if (!hasSubscriber(data, at)) return
  const { id, name, queue, state, progress } = job
  data.lastCursor += 1
  data.changes.push({ cursor: data.lastCursor, id, name, queue, verb, state, at, progress })
  if (data.changes.length > CHANGES_KEPT) data.changes.shift()
}

function hasSubscriber(data: MemoryData, nowMs: number): boolean {
  for (const untilMs of data.subscribers.values()) {
    if (untilMs > nowMs) return true
  }
  return false
}
