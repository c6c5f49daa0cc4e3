import { runsAlone } from '../../job/care.ts'
import type { JobRecord } from '../../job/job.ts'
import { requirementsIn } from '../../job/job-gates.ts'
import { laneName } from '../../job/lane-name.ts'
import { BACKLOG_GATES_MAX, type Backlog, byName, type Counted } from '../backlog.ts'
import type { MemoryData } from './data/data.ts'

/** How the unfinished jobs of a queue stand. Here all of them are gone through. */
export function backlog(data: MemoryData, queue: string, countedMax: number): Backlog {
  const nowMs = data.clock.now()
  const mine = [...data.jobs.all()].filter((job) => job.queue === queue)
  const parked = mine.flatMap(({ state, gate }) => (state === 'pending' && gate !== null ? [gate] : []))
  const gates = [...Map.groupBy(parked, (gate) => gate)].map(([gate, { length }]) => ({ gate, length }))
  gates.sort((one, other) => other.length - one.length || (one.gate < other.gate ? -1 : 1))
  return {
    ...byName(
      mine.flatMap((job) => placeOf(job, nowMs) ?? []),
      countedMax,
    ),
    gates: gates
      .slice(0, BACKLOG_GATES_MAX)
      .map(({ gate, length }) => ({ gate, waiting: Math.min(length, countedMax) })),
  }
}

/** The one thing that it is counted as; nothing once it has ended. */
function placeOf(job: JobRecord, nowMs: number): Counted | undefined {
  const { state, dueAt } = job
  if (state === 'running') return { name: job.name, running: 1 }
  if (state !== 'pending') return undefined
  if (job.worker !== null) return { name: job.name, held: 1 }
  const name = laneName(job.name, requirementsIn(job.limits))
  if (job.gate !== null) return { name, parked: 1 }
  if (dueAt > nowMs) return { name, delayed: 1, nextDueAt: dueAt }
  return runsAlone(job) ? { name, alone: 1 } : { name, ready: 1 }
}
