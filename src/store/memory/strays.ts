import { isTimely } from '../../job/deadline.ts'
import { letsPass, type Strays } from '../strays.ts'
import type { MemoryData } from './data/data.ts'
import { gateReader } from './gates.ts'

/** Who holds a gate is here who runs: what can be otherwise is that somebody waits at one that is open. */
export function strays(data: MemoryData, limit: number): Strays {
  const nowMs = data.clock.now()
  const reader = gateReader(data)
  const waiting = data.jobs.pending
    .gates()
    .toSorted()
    .flatMap((gate) => {
      const first = [...data.jobs.pending.parkedAt(gate)].find(
        (job) => !data.paused.has(job.queue) && isTimely(job, nowMs),
      )
      return first && letsPass({ gate, limits: first.limits }, reader, nowMs) ? [{ gate, id: first.id }] : []
    })
  return { holders: [], unheld: [], waiting: waiting.slice(0, limit) }
}
