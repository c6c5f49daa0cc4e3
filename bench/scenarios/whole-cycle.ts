import { recordRates, requireDrained } from '../contest.ts'
import { elapsedMs } from '../measure.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { type Payload, payloads, SMALL_PAYLOAD } from '../systems/system.ts'

const JOBS = 100_000

export const wholeCycle: Scenario = {
  name: 'whole-cycle',
  about: 'One process stores 100,000 jobs in bulk and runs them.',
  targets: [],
  run: (bench) => recordCycles(bench, SMALL_PAYLOAD),
}

/** From the first enqueue to the last outcome, with this payload. */
export async function recordCycles(bench: Bench, payload: Payload): Promise<void> {
  const jobs = bench.size.jobs(JOBS)
  await recordRates(bench, {
    jobs,
    measure: async (system) => {
      const durationMs = await elapsedMs(async () => {
        await system.enqueueMany(payloads(jobs, payload))
        await system.drain(jobs)
      })
      await requireDrained(system)
      return durationMs
    },
  })
}
