import { Child } from './child.ts'
import { bestOfRounds, monotonicMs, rate } from './measure.ts'
import type { Count, Runs } from './processes/run-jobs.ts'
import type { Bench } from './scenario.ts'
import { SMALL_PAYLOAD, type System } from './systems/system.ts'

/** No job for so long means that no more will come: then some are lost. */
const QUIET_MS = 20_000

export interface Crews {
  /** As they are counted at scale 1. */
  readonly jobs: number
  /** How many processes run them together, in each contest. */
  readonly processes: readonly number[]
}

/**
 * Records how fast one and several processes run numbered jobs from one place, what the last of these rates is to the
 * first, and whether any job was lost or run twice.
 */
export async function recordProcesses(bench: Bench, system: System, crews: Crews): Promise<void> {
  const audit = { lost: 0, twice: 0, reached: 0, retried: 0 }
  const rates = await bestOfRounds(bench.size.rounds, crews.processes, async (processes) => {
    const tally = await drainTogether(bench, system, { jobs: bench.size.jobs(crews.jobs), processes })
    for (const key of ['lost', 'twice', 'reached', 'retried'] as const) audit[key] += tally[key]
    bench.progress(
      `${system.name}, processes ${processes}: ${Math.round(tally.rate).toLocaleString('en')} jobs/s`,
    )
    return tally.rate
  })
  const { name } = system
  for (const [index, processes] of crews.processes.entries()) {
    bench.record({
      system: name,
      metric: `rate of ${processes === 1 ? '1 process' : `${processes} processes`}`,
      value: rates[index] ?? 0,
      unit: 'jobs/s',
    })
  }
  bench.record({
    system: name,
    metric: `${crews.processes.at(-1)} processes to 1`,
    value: (rates.at(-1) ?? 0) / (rates[0] ?? 1),
    unit: '×',
  })
  bench.record({ system: name, metric: 'lost', value: audit.lost, unit: 'jobs' })
  bench.record({ system: name, metric: 'run twice', value: audit.twice, unit: 'jobs' })
  bench.record({ system: name, metric: 'faults that reached a caller', value: audit.reached, unit: 'errors' })
  bench.record({ system: name, metric: 'faults tried again', value: audit.retried, unit: 'errors' })
}

interface Crew {
  readonly jobs: number
  readonly processes: number
}

async function drainTogether(bench: Bench, system: System, { jobs, processes }: Crew) {
  const place = await bench.stores.create(system)
  const open = await system.open(place)
  await open.enqueueMany(
    Array.from({ length: jobs }, (_, number) => ({ ...SMALL_PAYLOAD, number: `${number}` })),
  )
  await bench.stores.rest(place)
  using children = new DisposableStack()
  const crew = Array.from({ length: processes }, () =>
    children.use(new Child('run-jobs.ts', { values: [system.name, place, `${jobs}`] })),
  )
  await Promise.all(crew.map((child) => child.receive('ready')))
  const startMs = monotonicMs()
  for (const child of crew) child.send('go')
  await untilAllRan(crew, jobs)
  const results = await Promise.all(crew.map(finish))
  const unfinished = await open.unfinished()
  await open.close()
  await bench.stores.drop(place)
  const endMs = Math.max(...results.map((result) => result.lastMs))
  return { rate: rate(jobs, endMs - startMs), ...audit(results, { jobs, unfinished }) }
}

/** Resolves when the processes have run all jobs between them, or nothing happens any more. */
async function untilAllRan(crew: readonly Child[], jobs: number): Promise<void> {
  const counts = crew.map(() => 0)
  let total = 0
  let lastMs = monotonicMs()
  const follow = async (child: Child, index: number) => {
    while (total < jobs && monotonicMs() - lastMs < QUIET_MS) {
      const { count } = await child.receive<Count>('count')
      if (count === counts[index]) continue
      counts[index] = count
      total = counts.reduce((sum, each) => sum + each, 0)
      lastMs = monotonicMs()
    }
  }
  await Promise.all(crew.map(follow))
}

async function finish(child: Child): Promise<Runs> {
  const [runs] = await Promise.all([child.receive<Runs>('runs'), child.stop()])
  return runs
}

/** What is in the counts of all processes together, not what the store says of itself. */
function audit(results: readonly Runs[], { jobs, unfinished }: { jobs: number; unfinished: number }) {
  const timesRun = Array.from({ length: jobs }, (_, job) =>
    results.reduce((sum, { runs }) => sum + (runs[job] ?? 0), 0),
  )
  return {
    lost: Math.max(unfinished, timesRun.filter((times) => times === 0).length),
    twice: timesRun.filter((times) => times > 1).length,
    reached: results.reduce((sum, { faults }) => sum + faults.reached, 0),
    retried: results.reduce((sum, { faults }) => sum + faults.retried, 0),
  }
}
