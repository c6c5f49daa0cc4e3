import { defineJob, Worker } from 'millhand'
import { withNewPlace } from '../contest.ts'
import { type Contestant, inWays, recordContrast } from '../contrast.ts'
import { elapsedMs, rate } from '../measure.ts'
import { type Bench, millhandsOf, type Scenario } from '../scenario.ts'
import { openQueueAt } from '../systems/millhand.ts'
import { JOB_NAME, payloads } from '../systems/system.ts'

const JOBS = 50_000
const job = defineJob({ name: JOB_NAME })

/** The work of one is not stopped by another one that looks at everything and takes nothing. */
export const refusals: Scenario = {
  name: 'refusals',
  about:
    '50,000 no-op jobs are run by one worker alone, and beside a second one whose `canProcess` refuses every job.',
  targets: [{ metric: 'beside to alone', atLeast: 0.7 }],
  run: (bench) =>
    recordContrast(bench, inWays(millhandsOf(bench), ['alone', 'beside']), (each) => drain(bench, each)),
}

function drain(bench: Bench, { system, way }: Contestant): Promise<number> {
  const jobs = bench.size.jobs(JOBS)
  return withNewPlace(bench, system, async (open, place) => {
    await open.enqueueMany(payloads(jobs))
    const queue = await openQueueAt(place)
    const picky = new Worker(queue, { jobs: [job.handle(() => {})], canProcess: () => false })
    if (way === 'beside') await picky.start()
    const durationMs = await elapsedMs(() => open.drain(jobs))
    await picky.stop()
    await queue.close()
    return rate(jobs, durationMs)
  })
}
