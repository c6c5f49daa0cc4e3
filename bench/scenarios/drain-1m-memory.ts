import { setTimeout as sleep } from 'node:timers/promises'
import { openQueue } from 'millhand'
import { Child, type Message } from '../child.ts'
import { startMillhand } from '../command.ts'
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

/** One way to have a worker process. */
interface Way {
  /** What its figures are called beside those of the first one. */
  readonly suffix: string
  readonly start: (file: string) => Child
}

const CONFIG = new URL('../processes/drain.config.js', import.meta.url)

const WAYS: readonly Way[] = [
  { suffix: '', start: (file) => startMillhand(['work', '--store', `sqlite:${file}`], CONFIG) },
  { suffix: ', new Worker', start: (file) => new Child('drain.js', { values: [file] }) },
]

export const drain1mMemory: Scenario = {
  name: 'drain-1m-memory',
  about:
    'The memory of `millhand work` at its default settings, configured in JavaScript, before and while it runs 1,000,000 jobs; beside it that of a plain `new Worker` in a process of its own, with no option of Node set.',
  targets: [{ metric: 'most resident memory', atMost: 150 }],
  async run(bench) {
    for (const way of WAYS) await recordWay(bench, way)
  },
}

async function recordWay(bench: Bench, { suffix, start }: Way): Promise<void> {
  const jobs = bench.size.jobs(JOBS)
  const file = await bench.stores.create(millhand)
  await fillPaused(file, jobs)
  bench.progress(`a file with ${jobs.toLocaleString('en')} jobs is there`)
  using child = start(file)
  await child.receive('ready')
  await sleep(bench.size.smoke ? 0 : REST_MS)
  child.send('usage')
  const { residentBytes } = await child.receive<Usage>('usage')
  const startMs = monotonicMs()
  child.send('go', { jobs })
  await resume(file)
  const { peakBytes } = await child.receive<Drained>('drained')
  const figures = { 'resident memory before': residentBytes, 'most resident memory': peakBytes }
  bench.record({
    system: 'millhand',
    metric: `rate${suffix}`,
    value: rate(jobs, monotonicMs() - startMs),
    unit: 'jobs/s',
  })
  for (const [metric, bytes] of Object.entries({ ...figures, growth: peakBytes - residentBytes }))
    bench.record({ system: 'millhand', metric: `${metric}${suffix}`, value: bytes / 1e6, unit: 'MB' })
  await child.stop()
  await bench.stores.drop(file)
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

async function resume(file: string): Promise<void> {
  const queue = await openQueue(`sqlite:${file}`)
  await queue.resume('default')
  await queue.close()
}
