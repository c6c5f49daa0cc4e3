/** Runs one process at a share of what it can do, and says whether all stays as it is: `npm run soak`. */
import { describeMachine } from './machine.ts'
import { Scratch } from './scratch.ts'
import { readSoakOptions, SOAK_USAGE, type SoakOptions } from './soak/arguments.ts'
import type { Trend } from './soak/flat.ts'
import { openPlace } from './soak/place.ts'
import { type Soaked, soak } from './soak/soak.ts'

/** What a shell gives for a program that was interrupted. */
const INTERRUPTED = 130

process.once('SIGINT', () => process.exit(INTERRUPTED))
const options = given()
const steady = await run(options)
// Not by `exitCode`: a process that has loaded the server ends with 0, whatever that says.
process.exit(steady ? 0 : 1)

/** Gives whether nothing grew, and nothing was lost. */
async function run(options: SoakOptions): Promise<boolean> {
  await using place = await openPlace(options.store)
  const machine = `${machineNow()}, ${await place.describe()}`
  progress(machine)
  const soaked = await soak(options, place, progress)
  const steady = soaked.lost === 0 && soaked.twice === 0 && soaked.trends.every(({ flat }) => flat)
  console.log(options.json ? JSON.stringify({ machine, steady, ...soaked }) : linesOf(soaked).join('\n'))
  return steady
}

function linesOf({ capacity, perSecond, minutes, jobs, lost, twice, trends }: Soaked): string[] {
  const [most, least] = [Math.round(capacity), perSecond].map((each) => each.toLocaleString('en'))
  return [
    `${least} jobs a second of ${most} for ${minutes} minutes: ${jobs.toLocaleString('en')} jobs, ${lost} lost, ${twice} run twice`,
    ...trends.map(lineOf),
  ]
}

function lineOf({ figure, first, second, perHour, flat }: Trend): string {
  const [before, after, growth] = [first, second, perHour].map((each) => each.toFixed(1))
  return `${figure.padEnd(12)} ${before} → ${after}, ${growth} an hour${flat ? '' : '  NOT FLAT'}`
}

function machineNow(): string {
  using scratch = new Scratch()
  return describeMachine(scratch, '')
}

function given(): SoakOptions {
  try {
    return readSoakOptions(process.argv.slice(2))
  } catch (error) {
    progress(`${error instanceof Error ? error.message : error}\n\n${SOAK_USAGE}`)
    return process.exit(1)
  }
}

function progress(message: string): void {
  console.error(message)
}
