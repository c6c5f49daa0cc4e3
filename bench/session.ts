/** One run of a suite, from its command line. Builds nothing: what is measured is `millhand` as it is built. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type Arguments, readArguments, usageOf } from './arguments.ts'
import type { Result } from './document.ts'
import { describeMachine } from './machine.ts'
import type { Measurement } from './measurement.ts'
import { withPart } from './page.ts'
import { linesOf, tableOf } from './report.ts'
import { type Bench, type Scenario, Size } from './scenario.ts'
import { Scratch } from './scratch.ts'
import type { Suite } from './suite.ts'
import type { System } from './systems/system.ts'

/** What a shell gives for a program that was interrupted. */
const INTERRUPTED = 130

const PAGE = new URL('../docs/performance.md', import.meta.url)

/** Does what the command line asks for; a wrong one ends the process. */
export async function runSuite(suite: Suite): Promise<void> {
  process.once('SIGINT', () => process.exit(INTERRUPTED))
  const given = argumentsGiven(suite)
  const size = new Size(given)
  if (size.smoke) progress('smoke run: these figures mean nothing')
  const missing: string[] = []
  const systems = chosen(await suite.findSystems((message) => missing.push(message)), given.systems)
  for (const message of missing) progress(message)
  await using stores = await suite.openStores()
  const machine = `${machineNow(given.note)}, ${await stores.describe()}`
  progress(machine)
  const results: Result[] = []
  for (const scenario of suite.scenarios) {
    if (given.names.length > 0 && !given.names.includes(scenario.name)) continue
    const measured = await measure(scenario, { size, systems, stores })
    await stores.clear()
    console.log(given.json ? linesOf(measured).join('\n') : `\n${tableOf(scenario, measured)}`)
    results.push({ scenario, measured })
  }
  const findings = { results, missing, measuredOn: `Measured on ${today()}: ${machine}.` }
  if (suite.overview && !given.json) console.log(`\n${suite.overview(findings)}`)
  if (given.write) publish(suite.partOf(findings), suite)
}

async function measure(
  scenario: Scenario,
  bench: Pick<Bench, 'size' | 'systems' | 'stores'>,
): Promise<Measurement[]> {
  const measured: Measurement[] = []
  progress(`${scenario.name}: ${scenario.about}`)
  await scenario.run({
    ...bench,
    progress: (message) => progress(`  ${message}`),
    record: (measurement) => measured.push({ scenario: scenario.name, ...measurement }),
  })
  return measured
}

/** @throws Error where one of the names is of none of them */
function chosen(systems: readonly System[], names: readonly string[]): readonly System[] {
  const unknown = names.find((name) => !systems.some((system) => system.name === name))
  if (unknown !== undefined)
    throw new Error(
      `There is no system '${unknown}'; there are ${systems.map(({ name }) => name).join(', ')}`,
    )
  return names.length === 0 ? systems : systems.filter(({ name }) => names.includes(name))
}

function publish(part: string, { script }: Suite): void {
  writeFileSync(PAGE, withPart(readFileSync(PAGE, 'utf8'), { name: script, text: part }))
}

function machineNow(note: string): string {
  using scratch = new Scratch()
  return describeMachine(scratch, note)
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

function progress(message: string): void {
  console.error(message)
}

function argumentsGiven({ script, scenarios }: Suite): Arguments {
  try {
    const names = scenarios.map((scenario) => scenario.name)
    return readArguments(process.argv.slice(2), names)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usageOf(script)}`)
    return process.exit(1)
  }
}
