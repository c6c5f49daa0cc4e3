import { setTimeout as sleep } from 'node:timers/promises'
import { withNewPlace } from '../../contest.ts'
import { median, monotonicMs, percentile, within } from '../../measure.ts'
import { warmUp } from '../../pickup.ts'
import type { Bench, Scenario } from '../../scenario.ts'
import { type OpenSystem, SMALL_PAYLOAD } from '../../systems/system.ts'

/** What all of them keep up with on a small machine: past that, only the length of the queue is measured. */
const JOBS_PER_SECOND = 200
const DURATION_MS = 10_000
/** One after the other, so that every arrival has its own moment, as requests have. */
const TICK_MS = 1
/** Whoever has not started all jobs by then does not keep up. */
const LATE_MS = 15_000

export const steadyState: Scenario = {
  name: 'steady-state',
  about:
    '200 jobs a second arrive for 10 seconds, each enqueued by a call of its own, whether or not the ones before ' +
    'have been acknowledged: from the moment a job arrives to the start of its handler in the same process.',
  targets: [],
  async run(bench) {
    for (const system of bench.systems.filter(({ limit }) => !limit)) {
      const pickupsMs = await withNewPlace(bench, system, async (open, place) => {
        await warmUp(bench, open)
        await bench.stores.rest(place)
        return arrive(bench, open)
      })
      bench.progress(`${system.name}: p50 ${median(pickupsMs).toFixed(2)} ms`)
      for (const percent of [50, 95, 99]) {
        const value = percentile(pickupsMs, percent / 100)
        bench.record({ system: system.name, metric: `p${percent} from arrival`, value, unit: 'ms' })
      }
    }
  },
}

/** Lets jobs arrive by the clock, so that a system which falls behind does not get fewer of them. */
async function arrive(bench: Bench, system: OpenSystem): Promise<number[]> {
  const jobs = Math.round((bench.size.durationMs(DURATION_MS) / 1_000) * JOBS_PER_SECOND)
  const arrivalsMs: number[] = []
  const pickupsMs: number[] = []
  const all = Promise.withResolvers<void>()
  const stop = await system.work(({ number }) => {
    pickupsMs.push(monotonicMs() - (arrivalsMs[Number(number)] ?? 0))
    if (pickupsMs.length === jobs) all.resolve()
  })
  const calls: Promise<void>[] = []
  const beginMs = monotonicMs()
  while (calls.length < jobs) {
    const atMs = beginMs + (calls.length / JOBS_PER_SECOND) * 1_000
    if (atMs > monotonicMs()) {
      await sleep(TICK_MS)
      continue
    }
    arrivalsMs.push(atMs)
    calls.push(system.enqueue({ ...SMALL_PAYLOAD, number: `${calls.length}` }))
  }
  await Promise.all(calls)
  await within(LATE_MS, 'the last of the jobs that arrived', all.promise)
  await stop()
  return pickupsMs
}
