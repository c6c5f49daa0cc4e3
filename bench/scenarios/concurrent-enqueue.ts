import { withNewPlace } from '../contest.ts'
import { bestOfRounds, median, monotonicMs, percentile, rate } from '../measure.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { type OpenSystem, SMALL_PAYLOAD, type System } from '../systems/system.ts'

const JOBS = 20_000
const CALLERS = 50
/** A system that takes longer has shown its rate with fewer jobs. */
const LONGEST_MS = 5_000

export const concurrentEnqueue: Scenario = {
  name: 'concurrent-enqueue',
  about:
    '50 callers side by side enqueue 20,000 jobs one by one, each waiting for its own, ' +
    'or as many as they can in 5 seconds.',
  targets: [],
  async run(bench) {
    const latencies = new Map<string, number[]>()
    const rates = await bestOfRounds(bench.size.rounds, bench.systems, (system) =>
      withNewPlace(bench, system, async (open) => {
        const { latenciesMs, durationMs } = await enqueueSideBySide(open, bench.size.jobs(JOBS) / CALLERS)
        bench.progress(`${system.name}: p50 ${median(latenciesMs).toFixed(2)} ms`)
        latencies.set(system.name, [...(latencies.get(system.name) ?? []), ...latenciesMs])
        return rate(latenciesMs.length, durationMs)
      }),
    )
    for (const [index, system] of bench.systems.entries()) {
      bench.record({ system: system.name, metric: 'rate', value: rates[index] ?? 0, unit: 'jobs/s' })
      recordLatencies(bench, system, latencies.get(system.name) ?? [])
    }
  },
}

async function enqueueSideBySide(system: OpenSystem, each: number) {
  const latenciesMs: number[] = []
  const beginMs = monotonicMs()
  const caller = async () => {
    for (let count = 0; count < each && monotonicMs() - beginMs < LONGEST_MS; count += 1) {
      const startMs = monotonicMs()
      await system.enqueue(SMALL_PAYLOAD)
      latenciesMs.push(monotonicMs() - startMs)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return { latenciesMs, durationMs: monotonicMs() - beginMs }
}

function recordLatencies(bench: Bench, { name }: System, latenciesMs: readonly number[]): void {
  bench.record({ system: name, metric: 'p50', value: median(latenciesMs), unit: 'ms' })
  bench.record({ system: name, metric: 'p95', value: percentile(latenciesMs, 0.95), unit: 'ms' })
}
