import pg from 'pg'
import { requireDrained, withNewPlace } from '../../contest.ts'
import { bestOfRounds, elapsedMs, rate } from '../../measure.ts'
import type { Bench, Scenario } from '../../scenario.ts'
import { payloads, type System } from '../../systems/system.ts'

const JOBS = 100_000

interface Contestant {
  readonly system: System
  readonly held: boolean
}

export const oldSnapshot: Scenario = {
  name: 'old-snapshot',
  about:
    'One process runs 100,000 jobs that are there while somebody holds a snapshot from before they were stored, ' +
    'so that no dead row can be removed, and while nobody does.',
  targets: [{ metric: 'held to free', atLeast: 0.9 }],
  async run(bench) {
    const contestants = bench.systems
      .filter(({ store }) => store === 'postgres')
      .flatMap((system): Contestant[] => [
        { system, held: false },
        { system, held: true },
      ])
    const rates = await bestOfRounds(bench.size.rounds, contestants, (contestant) =>
      drainRate(bench, contestant),
    )
    for (const [index, { system, held }] of contestants.entries()) {
      const value = rates[index] ?? 0
      const metric = held ? 'rate, snapshot held' : 'rate, none held'
      bench.record({ system: system.name, metric, value, unit: 'jobs/s' })
      if (held) recordRatio(bench, system, value / (rates[index - 1] ?? 1))
    }
  },
}

function recordRatio(bench: Bench, { name }: System, value: number): void {
  bench.record({ system: name, metric: 'held to free', value, unit: '×' })
}

function drainRate(bench: Bench, { system, held }: Contestant): Promise<number> {
  const jobs = bench.size.jobs(JOBS)
  return withNewPlace(bench, system, async (open, place) => {
    await using _snapshot = held ? await holdSnapshot(place) : undefined
    await open.enqueueMany(payloads(jobs))
    await bench.stores.rest(place)
    const reached = rate(jobs, await elapsedMs(() => open.drain(jobs)))
    await requireDrained(open)
    bench.progress(
      `${system.name}, ${held ? 'held' : 'free'}: ${Math.round(reached).toLocaleString('en')} jobs/s`,
    )
    return reached
  })
}

/** A snapshot is taken by the first statement that reads, and held until the transaction ends. */
async function holdSnapshot(url: string): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('begin isolation level repeatable read')
  await client.query('select count(*) from pg_class')
  return { [Symbol.asyncDispose]: () => client.end() }
}
