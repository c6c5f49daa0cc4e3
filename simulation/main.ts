/** Runs one simulated world after the other: `npm run simulate -- --store sqlite --seeds 1000`. */
import { asError } from '../src/kit/error.ts'
import { CORPUS } from './corpus.ts'
import { startPostgres } from './databases/server.ts'
import { type Databases, databasesOn } from './databases.ts'
import { readOptions, type SimulateOptions, USAGE } from './options.ts'
import { Report } from './report.ts'
import { shorten } from './shorten.ts'
import { type Course, type Simulation, simulate } from './simulate.ts'

/** How often it is said how far it is, in milliseconds. */
const PROGRESS_MS = 2_000

try {
  process.exitCode = (await run(readOptions(process.argv.slice(2)))) ? 0 : 1
} catch (error) {
  console.error(`${asError(error).message}\n${USAGE}`)
  process.exitCode = 2
}

/** Whether nothing was wrong. */
async function run(options: SimulateOptions): Promise<boolean> {
  const server = options.store === 'postgres' && options.url === undefined ? await startPostgres() : undefined
  const databases = databasesOn(options.store, options.url ?? server?.url)
  const report = new Report(options)
  try {
    const failed = await firstFailed(options, databases, report)
    tell(report, options, failed && (await shorten(failed.simulation, failed.course)))
    return failed === undefined && report.repeatsEnough
  } finally {
    await databases.remove()
    await server?.remove()
  }
}

interface Failed {
  readonly simulation: Simulation
  readonly course: Course
}

/** Runs them until something is wrong. */
async function firstFailed(
  options: SimulateOptions,
  databases: Databases,
  report: Report,
): Promise<Failed | undefined> {
  let saidAtMs = performance.now()
  for (const { seed, steps } of worldsOf(options)) {
    const simulation = { databases, seed, steps }
    const course = await simulate(simulation)
    report.add(course)
    if (options.twice) report.again(course, await simulate(simulation))
    if (course.problems.length > 0) return { simulation, course }
    if (performance.now() - saidAtMs < PROGRESS_MS) continue
    saidAtMs = performance.now()
    console.error(report.progress())
  }
  return undefined
}

function worldsOf({ store, seed, seeds, steps }: SimulateOptions): { seed: number; steps: number }[] {
  const remembered = seed === undefined ? CORPUS.filter((each) => each.store === store) : []
  const rest = Array.from({ length: seeds }, (_, place) => ({ seed: (seed ?? 1) + place, steps }))
  return [...remembered, ...rest]
}

function tell(report: Report, { json }: SimulateOptions, shortest?: Course): void {
  console.log(json ? JSON.stringify(report.facts(shortest)) : report.lines(shortest).join('\n'))
}
