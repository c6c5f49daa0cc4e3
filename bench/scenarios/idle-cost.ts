import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Child, type Message } from '../child.ts'
import { elapsedMs, rate } from '../measure.ts'
import type { Statements } from '../processes/count-statements.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { addressOf } from '../systems/millhand.ts'

/** In each minute there is one prune. */
const WATCHED_MS = 60_000
/** Until what a start costs is over. */
const SETTLE_MS = 3_000
const COUNTER = fileURLToPath(new URL('../processes/count-statements.ts', import.meta.url))

interface Usage extends Message {
  readonly cpuMs: number
  readonly residentBytes: number
}

export const idleCost: Scenario = {
  name: 'idle-cost',
  about: 'What one worker process costs while there is nothing to do, over a minute.',
  targets: [
    { metric: 'statements', atMost: 1 },
    { metric: 'processor', atMost: 1 },
    { metric: 'resident memory', atMost: 80 },
  ],
  async run(bench) {
    // Two processes, each with a place of its own: to count costs something as well.
    await Promise.all([recordUsage(bench), recordStatements(bench)])
  },
}

/** Where a process of Millhand's can be at rest. */
async function createPlace({ systems: [millhand], stores }: Bench): Promise<string> {
  if (!millhand) throw new Error('there is no Millhand among the systems')
  return addressOf(await stores.create(millhand))
}

async function recordUsage(bench: Bench): Promise<void> {
  using child = new Child('rest.js', { values: [await createPlace(bench)] })
  const ask = () => {
    child.send('usage')
    return child.receive<Usage>('usage')
  }
  const { before, after, watchedMs } = await watch(bench, child, ask)
  const share = (after.cpuMs - before.cpuMs) / watchedMs
  bench.record({ system: 'millhand', metric: 'processor', value: share * 100, unit: '%' })
  bench.record({
    system: 'millhand',
    metric: 'resident memory',
    value: after.residentBytes / 1e6,
    unit: 'MB',
  })
}

async function recordStatements(bench: Bench): Promise<void> {
  using child = new Child('rest.js', {
    values: [await createPlace(bench)],
    flags: ['--require', COUNTER],
  })
  const ask = () => {
    child.send('count')
    return child.receive<Statements>('statements')
  }
  const { before, after, watchedMs } = await watch(bench, child, ask)
  for (const metric of ['statements', 'transactions'] as const) {
    const value = rate(after[metric] - before[metric], watchedMs)
    bench.record({ system: 'millhand', metric, value, unit: 'per s' })
  }
}

/** Asks before and after a time in which nobody does anything. */
async function watch<Answer>(bench: Bench, child: Child, ask: () => Promise<Answer>) {
  await child.receive('ready')
  await sleep(bench.size.smoke ? 0 : SETTLE_MS)
  const before = await ask()
  const watchedMs = await elapsedMs(async () => {
    await sleep(bench.size.durationMs(WATCHED_MS))
  })
  const after = await ask()
  await child.stop()
  return { before, after, watchedMs }
}
