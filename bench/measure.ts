import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Milliseconds that only rise, and the same for all processes of the machine: moments of two processes can be
 * compared, which `performance.now()`, counted from the start of each process, does not allow.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export async function elapsedMs(body: () => Promise<void>): Promise<number> {
  const startMs = monotonicMs()
  await body()
  return monotonicMs() - startMs
}

/** How many a second. */
export function rate(count: number, durationMs: number): number {
  return count / (durationMs / 1_000)
}

/** The value that `share` of the samples do not exceed. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}

/**
 * Measures every contestant once a round, taking turns, and gives the best of each in their order: whatever else the
 * machine does can only slow a round down. Each begins with a heap that holds nothing of the one before.
 */
export async function bestOfRounds<Contestant>(
  rounds: number,
  contestants: readonly Contestant[],
  measure: (contestant: Contestant) => Promise<number>,
): Promise<number[]> {
  const best = contestants.map(() => 0)
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contestant] of contestants.entries()) {
      collectGarbage()
      best[index] = Math.max(best[index] ?? 0, await measure(contestant))
    }
  }
  return best
}

/** So that what is alive is all that is there. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}

/** Waits for something of another process or thread, but not for ever. */
export async function within<Value>(limitMs: number, what: string, awaited: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`${what} took longer than ${limitMs} ms`)), limitMs)
  try {
    return await Promise.race([awaited, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
