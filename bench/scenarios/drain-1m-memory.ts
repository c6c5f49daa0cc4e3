import { setTimeout as sleep } from 'node:timers/promises'
import { openQueue } from 'millhand'
import { Child, type Message } from '../child.ts'
import { monotonicMs, rate } from '../measure.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { millhand } from '../systems/millhand.ts'
import { payloads } from '../systems/system.ts'

const JOBS = 1_000_000
/** Jobs that one call stores: bounds the memory of the bench itself. */
const FILL_JOBS = 50_000
const REST_MS = 2_000

interface Usage extends Message {
  readonly residentBytes: number
}

interface Drained extends Message {
  readonly peakBytes: number
}

export const drain1mMemory: Scenario = {
  name: 'drain-1m-memory',
  about: 'The memory of one worker process while it runs 1,000,000 jobs.',
  targets: [{ metric: 'most resident memory', atMost: 150 }],
  async run(bench) {
    const jobs = bench.size.jobs(JOBS)
    const file = await bench.stores.create(millhand)
    await fillPaused(file, jobs)
    bench.progress(`a file with ${jobs.toLocaleString('en')} jobs is there`)
    using child = new Child('drain.js', { values: [file, `${jobs}`] })
    await child.receive('ready')
    await sleep(bench.size.smoke ? 0 : REST_MS)
    child.send('usage')
    const rest = await child.receive<Usage>('usage')
    const startMs = monotonicMs()
    child.send('go')
    const { peakBytes } = await child.receive<Drained>('drained')
    record(bench, { peakBytes, restBytes: rest.residentBytes, rate: rate(jobs, monotonicMs() - startMs) })
    await child.stop()
  },
}

async function fillPaused(file: string, jobs: number): Promise<void> {
  const queue = await openQueue(`sqlite:${file}`)
  await queue.pause('default')
  await queue.close()
  const system = await millhand.open(file)
  for (let left = jobs; left > 0; left -= FILL_JOBS)
    await system.enqueueMany(payloads(Math.min(left, FILL_JOBS)))
  await system.close()
}

function record(
  bench: Bench,
  { peakBytes, restBytes, rate }: { peakBytes: number; restBytes: number; rate: number },
) {
  const system = 'millhand'
  bench.record({ system, metric: 'rate', value: rate, unit: 'jobs/s' })
  bench.record({ system, metric: 'resident memory before', value: restBytes / 1e6, unit: 'MB' })
  bench.record({ system, metric: 'most resident memory', value: peakBytes / 1e6, unit: 'MB' })
  bench.record({ system, metric: 'growth', value: (peakBytes - restBytes) / 1e6, unit: 'MB' })
}
