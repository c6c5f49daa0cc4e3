/** Runs one simulated world after the other: `npm run simulate -- --store sqlite --seeds 1000`. */
import { asError } from '../src/kit/error.ts'
import { Databases } from './database.ts'
import { readOptions, type SimulateOptions, USAGE } from './options.ts'
import { Report } from './report.ts'
import { shorten } from './shorten.ts'
import { type Course, simulate } from './simulate.ts'

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
  const databases = new Databases(options.store)
  const report = new Report(options)
  let saidAtMs = performance.now()
  try {
    for (let seed = options.seed; seed < options.seed + options.seeds; seed += 1) {
      const simulation = { databases, seed, steps: options.steps }
      const course = await simulate(simulation)
      report.add(course)
      if (course.problems.length > 0) {
        tell(report, options, await shorten(simulation, course))
        return false
      }
      if (performance.now() - saidAtMs < PROGRESS_MS) continue
      saidAtMs = performance.now()
      console.error(report.progress())
    }
  } finally {
    databases.remove()
  }
  tell(report, options)
  return true
}

function tell(report: Report, { json }: SimulateOptions, shortest?: Course): void {
  console.log(json ? JSON.stringify(report.facts(shortest)) : report.lines(shortest).join('\n'))
}
