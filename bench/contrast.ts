import { requireDrained, withNewPlace } from './contest.ts'
import { bestOfRounds, elapsedMs, rate } from './measure.ts'
import type { Measurement } from './measurement.ts'
import type { Bench } from './scenario.ts'
import type { Payload, System } from './systems/system.ts'

/** One way in which a system does the work. */
export interface Contestant {
  readonly way: string
  readonly system: System
}

/** Where a system does it in each of these ways. */
export function inWays(systems: readonly System[], ways: readonly string[]): Contestant[] {
  return systems.flatMap((system) => ways.map((way) => ({ system, way })))
}

/**
 * Records the rate of each, and what it is to that of the first way of the same system: `rate alone`, `rate beside`,
 * `beside to alone`. `measure` gives jobs a second.
 */
export async function recordContrast(
  bench: Bench,
  contestants: readonly Contestant[],
  measure: (contestant: Contestant) => Promise<number>,
): Promise<void> {
  const rates = await bestOfRounds(bench.size.rounds, contestants, async (contestant) => {
    const reached = await measure(contestant)
    const { system, way } = contestant
    bench.progress(`${system.name}, ${way}: ${Math.round(reached).toLocaleString('en')} jobs/s`)
    return reached
  })
  for (const figure of figuresOf(contestants, rates)) bench.record(figure)
}

/** How fast each way runs these jobs, which are there before it begins. */
export function contrastDrains(
  bench: Bench,
  contestants: readonly Contestant[],
  jobs: readonly Payload[],
): Promise<void> {
  return recordContrast(bench, contestants, ({ system }) =>
    withNewPlace(bench, system, async (open, place) => {
      await open.enqueueMany(jobs)
      await bench.stores.rest(place)
      const durationMs = await elapsedMs(() => open.drain(jobs.length))
      await requireDrained(open)
      return rate(jobs.length, durationMs)
    }),
  )
}

/** What is recorded of contestants that have reached these rates. */
export function figuresOf(
  contestants: readonly { readonly way: string; readonly system: Pick<System, 'name'> }[],
  rates: readonly number[],
): Omit<Measurement, 'scenario'>[] {
  return contestants.flatMap(({ way, system: { name: system } }, index) => {
    const value = rates[index] ?? 0
    const first = contestants.findIndex((other) => other.system.name === system)
    const metric = `${way} to ${contestants[first]?.way}`
    return [
      { system, metric: `rate ${way}`, value, unit: 'jobs/s' as const },
      ...(index === first
        ? []
        : [{ system, metric, value: value / (rates[first] ?? 1), unit: '×' as const }]),
    ]
  })
}
