import { withNewPlace } from '../contest.ts'
import { type Contestant, recordContrast } from '../contrast.ts'
import { rate } from '../measure.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { type Payload, SMALL_PAYLOAD, type System } from '../systems/system.ts'
import { enqueueSideBySide } from './concurrent-enqueue.ts'

const JOBS = 10_000
/** A system that takes longer has shown its rate with fewer jobs. */
const LONGEST_MS = 2_000
const KNOWN = 'known keys'

export const uniqueEnqueue: Scenario = {
  name: 'unique-enqueue',
  about:
    '50 callers side by side enqueue 10,000 jobs one by one, or as many as they can in 2 seconds: without a key, each ' +
    'with a new one, and each with one that a waiting job holds, so that nothing is stored.',
  targets: [],
  run: (bench) => recordContrast(bench, bench.systems.flatMap(waysOf), (each) => enqueueRate(bench, each)),
}

/** None where it has no keys. */
function waysOf(system: System): Contestant[] {
  const { keyed } = system
  if (!keyed) return []
  return [
    { way: 'plain', system },
    { way: 'new keys', system: keyed },
    { way: KNOWN, system: keyed },
  ]
}

function enqueueRate(bench: Bench, { way, system }: Contestant): Promise<number> {
  const jobs = Array.from({ length: bench.size.jobs(JOBS) }, (_, index) => withKey(`${index}`))
  return withNewPlace(bench, system, async (open, place) => {
    if (way === KNOWN) await open.enqueueMany(jobs)
    await bench.stores.rest(place)
    const { latenciesMs, durationMs } = await enqueueSideBySide(open, jobs, LONGEST_MS)
    requireStored(await open.unfinished(), way === KNOWN ? jobs.length : latenciesMs.length)
    return rate(latenciesMs.length, durationMs)
  })
}

function withKey(key: string): Payload {
  return { ...SMALL_PAYLOAD, key }
}

/** A rate counts for nothing where a key was not heeded. */
function requireStored(stored: number, expected: number): void {
  if (stored !== expected) throw new Error(`${stored} jobs were stored, expected ${expected}`)
}
