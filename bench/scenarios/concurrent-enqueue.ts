import { withNewPlace } from '../contest.ts'
import { bestOfRounds, median, monotonicMs, percentile, rate } from '../measure.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { type OpenSystem, type Payload, payloads, type System } from '../systems/system.ts'

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
        const jobs = payloads(bench.size.jobs(JOBS))
        const { latenciesMs, durationMs } = await enqueueSideBySide(open, jobs, LONGEST_MS)
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

/** As many of these jobs as callers side by side enqueue in such a time, each waiting for its own. */
export async function enqueueSideBySide(system: OpenSystem, jobs: readonly Payload[], longestMs: number) {
  const latenciesMs: number[] = []
  const left = jobs.values()
  const beginMs = monotonicMs()
  const caller = async () => {
    while (monotonicMs() - beginMs < longestMs) {
      const { value: job } = left.next()
      if (!job) break
      const startMs = monotonicMs()
      await system.enqueue(job)
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
