import { bestOfRounds } from './measure.ts'
import type { Measurement } from './measurement.ts'
import type { Bench } from './scenario.ts'
import type { System } from './systems/system.ts'

/** The same work in several ways, whose rates are put into ratios. */
export interface Contrast<Way extends string> {
  readonly systems: readonly System[]
  /** What the others are put into a ratio to comes first. */
  readonly ways: readonly [Way, ...Way[]]
  /** Gives jobs a second. */
  readonly measure: (system: System, way: Way) => Promise<number>
}

/** Records the rate of each way, and what it is to that of the first: `rate alone`, `rate beside`, `beside to alone`. */
export async function recordContrast<Way extends string>(
  bench: Bench,
  { systems, ways, measure }: Contrast<Way>,
): Promise<void> {
  const contestants = systems.flatMap((system) => ways.map((way) => ({ system, way })))
  const rates = await bestOfRounds(bench.size.rounds, contestants, async ({ system, way }) => {
    const reached = await measure(system, way)
    bench.progress(`${system.name}, ${way}: ${Math.round(reached).toLocaleString('en')} jobs/s`)
    return reached
  })
  for (const [index, { name }] of systems.entries()) {
    const own = rates.slice(index * ways.length, (index + 1) * ways.length)
    for (const figure of figuresOf(ways, own)) bench.record({ system: name, ...figure })
  }
}

type Figure = Pick<Measurement, 'metric' | 'value' | 'unit'>

/** The rates of one system, in the order of its ways, and their ratios. */
export function figuresOf(ways: readonly string[], rates: readonly number[]): Figure[] {
  return ways.flatMap((way, index): Figure[] => {
    const value = rates[index] ?? 0
    const figure: Figure = { metric: `rate ${way}`, value, unit: 'jobs/s' }
    if (index === 0) return [figure]
    return [figure, { metric: `${way} to ${ways[0]}`, value: value / (rates[0] ?? 1), unit: '×' }]
  })
}
