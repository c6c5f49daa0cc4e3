import { Child } from '../child.ts'
import { bestOfRounds, monotonicMs, rate } from '../measure.ts'
import type { Count, Runs } from '../processes/run-jobs.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { handLoop } from '../systems/hand-loop.ts'
import { millhand } from '../systems/millhand.ts'
import { SMALL_PAYLOAD, type System } from '../systems/system.ts'

const JOBS = 100_000
const PROCESSES = [1, 2, 4]
/** No job for so long means that no more will come: then some are lost. */
const QUIET_MS = 20_000

export const fourProcesses: Scenario = {
  name: 'four-processes',
  about: '1, 2 and 4 worker processes run 100,000 numbered jobs from one file; each counts what it ran.',
  targets: [
    { metric: '4 processes to 1', atLeast: 0.7 },
    { metric: 'lost', atMost: 0 },
    { metric: 'run twice', atMost: 0 },
    { metric: 'faults that reached a caller', atMost: 0 },
  ],
  async run(bench) {
    for (const system of [millhand, handLoop]) await recordProcesses(bench, system)
  },
}

async function recordProcesses(bench: Bench, system: System): Promise<void> {
  const audit = { lost: 0, twice: 0, reached: 0, retried: 0 }
  const rates = await bestOfRounds(bench.size.rounds, PROCESSES, async (processes) => {
    const tally = await drainTogether(bench, system, processes)
    for (const key of ['lost', 'twice', 'reached', 'retried'] as const) audit[key] += tally[key]
    bench.progress(
      `${system.name}, processes ${processes}: ${Math.round(tally.rate).toLocaleString('en')} jobs/s`,
    )
    return tally.rate
  })
  const { name } = system
  for (const [index, processes] of PROCESSES.entries()) {
    bench.record({
      system: name,
      metric: `rate of ${processes === 1 ? '1 process' : `${processes} processes`}`,
      value: rates[index] ?? 0,
      unit: 'jobs/s',
    })
  }
  bench.record({
    system: name,
    metric: '4 processes to 1',
    value: (rates.at(-1) ?? 0) / (rates[0] ?? 1),
    unit: '×',
  })
  bench.record({ system: name, metric: 'lost', value: audit.lost, unit: 'jobs' })
  bench.record({ system: name, metric: 'run twice', value: audit.twice, unit: 'jobs' })
  bench.record({ system: name, metric: 'faults that reached a caller', value: audit.reached, unit: 'errors' })
  bench.record({ system: name, metric: 'faults tried again', value: audit.retried, unit: 'errors' })
}

async function drainTogether(bench: Bench, system: System, processes: number) {
  const jobs = bench.size.jobs(JOBS)
  const file = bench.scratch.file()
  const open = await system.open(file)
  await open.enqueueMany(
    Array.from({ length: jobs }, (_, number) => ({ ...SMALL_PAYLOAD, number: `${number}` })),
  )
  using children = new DisposableStack()
  const crew = Array.from({ length: processes }, () =>
    children.use(new Child('run-jobs.ts', { values: [system.name, file, `${jobs}`] })),
  )
  await Promise.all(crew.map((child) => child.receive('ready')))
  const startMs = monotonicMs()
  for (const child of crew) child.send('go')
  await untilAllRan(crew, jobs)
  const results = await Promise.all(crew.map(finish))
  const unfinished = await open.unfinished()
  await open.close()
  bench.scratch.drop(file)
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
