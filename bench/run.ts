/** Runs the benchmarks: `npm run bench [-- SCENARIO ...]`. Builds nothing: what is measured is `millhand` as it is built. */
import { writeFileSync } from 'node:fs'
import { type Arguments, readArguments, USAGE } from './arguments.ts'
import { documentOf, type Result } from './document.ts'
import { describeMachine } from './machine.ts'
import { linesOf, tableOf } from './report.ts'
import { type Measurement, type Scenario, Size } from './scenario.ts'
import { scenarios } from './scenarios.ts'
import { Scratch } from './scratch.ts'
import { INSTALL_PEERS } from './systems/plainjob.ts'
import type { System } from './systems/system.ts'
import { findSystems } from './systems.ts'

/** What a shell gives for a program that was interrupted. */
const INTERRUPTED = 130

const DOCUMENT = new URL('../docs/performance.md', import.meta.url)

async function main(given: Arguments): Promise<void> {
  const size = new Size(given)
  if (size.smoke) progress('smoke run: these figures mean nothing')
  const systems = await findSystems()
  if (!systems.some(({ name }) => name === 'plainjob'))
    progress(`plainjob is not here, and left out: ${INSTALL_PEERS}`)
  const machine = machineNow(given.note)
  progress(machine)
  const results: Result[] = []
  for (const scenario of scenarios) {
    if (given.names.length > 0 && !given.names.includes(scenario.name)) continue
    const measured = await measure(scenario, { size, systems })
    console.log(given.json ? linesOf(measured).join('\n') : `\n${tableOf(scenario, measured)}`)
    results.push({ scenario, measured })
  }
  if (given.write) writeFileSync(DOCUMENT, documentOf(results, { machine, date: today() }))
}

function machineNow(note: string): string {
  using scratch = new Scratch()
  return describeMachine(scratch, note)
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}

async function measure(
  scenario: Scenario,
  { size, systems }: { readonly size: Size; readonly systems: readonly System[] },
): Promise<Measurement[]> {
  using scratch = new Scratch()
  const measured: Measurement[] = []
  progress(`${scenario.name}: ${scenario.about}`)
  await scenario.run({
    size,
    systems,
    scratch,
    progress: (message) => progress(`  ${message}`),
    record: (measurement) => measured.push({ scenario: scenario.name, ...measurement }),
  })
  return measured
}

function progress(message: string): void {
  console.error(message)
}

/** What the command line asks for; a wrong one ends the process. */
function argumentsGiven(): Arguments {
  try {
    const names = scenarios.map((scenario) => scenario.name)
    return readArguments(process.argv.slice(2), names)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    return process.exit(1)
  }
}

process.once('SIGINT', () => process.exit(INTERRUPTED))
await main(argumentsGiven())
