import { defineJob, openQueue, Worker } from 'millhand'
import { bestOfRounds, elapsedMs, rate } from '../measure.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { JOB_NAME, payloads, type System } from '../systems/system.ts'

const JOBS = 50_000
const job = defineJob({ name: JOB_NAME })

/** The work of one is not stopped by another one that looks at everything and takes nothing. */
export const refusals: Scenario = {
  name: 'refusals',
  about:
    '50,000 no-op jobs are run by one worker alone, and beside a second one whose `canProcess` refuses every job.',
  targets: [{ metric: 'beside to alone', atLeast: 0.7 }],
  async run(bench) {
    const [system] = bench.systems
    if (system?.name === 'millhand') await record(bench, system)
  },
}

async function record(bench: Bench, system: System): Promise<void> {
  const contestants = [{ label: 'alone' }, { label: 'beside' }] as const
  const rates = await bestOfRounds(bench.size.rounds, contestants, ({ label }) => drain(bench, system, label))
  const [alone = 1, beside = 0] = rates
  bench.record({ system: system.name, metric: 'rate alone', value: alone, unit: 'jobs/s' })
  bench.record({ system: system.name, metric: 'rate beside', value: beside, unit: 'jobs/s' })
  bench.record({ system: system.name, metric: 'beside to alone', value: beside / alone, unit: '×' })
}

async function drain(bench: Bench, system: System, label: 'alone' | 'beside'): Promise<number> {
  const jobs = bench.size.jobs(JOBS)
  const place = await bench.stores.create(system)
  const open = await system.open(place)
  await open.enqueueMany(payloads(jobs))
  const queue = await openQueue(place.startsWith('postgres:') ? place : `sqlite:${place}`)
  const picky = new Worker(queue, { jobs: [job.handle(() => {})], canProcess: () => false })
  if (label === 'beside') await picky.start()
  const durationMs = await elapsedMs(() => open.drain(jobs))
  await picky.stop()
  await queue.close()
  await open.close()
  await bench.stores.drop(place)
  return rate(jobs, durationMs)
}
