import { setTimeout as sleep } from 'node:timers/promises'
import { withNewPlace } from './contest.ts'
import { median, monotonicMs, percentile, within } from './measure.ts'
import type { Bench } from './scenario.ts'
import { type OpenSystem, payloads, SMALL_PAYLOAD } from './systems/system.ts'

const SAMPLES = 500
/** Between two jobs: long enough for the worker to fall asleep, and not in step with anything that it does. */
const LEAST_GAP_MS = 10
const GAP_SPREAD_MS = 20
const LONGEST_PICKUP_MS = 30_000
/** A system that takes seconds has shown so with fewer samples. */
const SAMPLING_MS = 60_000

/** A file in use: its log has grown to its full length, and a commit no longer waits for it to grow. */
const JOBS_BEFORE = 20_000

/** The median from the call to the start, less one durable insert of the loop written by hand. */
export const BEYOND_INSERT = 'p50 from call, beyond an insert'

export async function warmUp(bench: Bench, system: OpenSystem): Promise<void> {
  const jobs = bench.size.jobs(JOBS_BEFORE)
  await system.enqueueMany(payloads(jobs))
  await system.drain(jobs)
}

export interface PickupParts {
  readonly system: string
  /** How long one insert of the loop written by hand takes, until it is on the disk; where there is such a loop. */
  readonly insertMs: number | undefined
  readonly enqueue: (payload: typeof SMALL_PAYLOAD) => Promise<void>
  /** When the handler of the job that was enqueued last has started. */
  readonly nextStart: () => Promise<number>
}

/** Enqueues one job at a time to an idle worker, and records how long it takes until its handler starts. */
export async function recordPickups(
  bench: Bench,
  { system, insertMs, enqueue, nextStart }: PickupParts,
): Promise<void> {
  const fromCall: number[] = []
  const fromAcknowledgement: number[] = []
  const endMs = monotonicMs() + SAMPLING_MS
  for (let sample = 0; sample < bench.size.samples(SAMPLES) && monotonicMs() < endMs; sample += 1) {
    await sleep(LEAST_GAP_MS + Math.random() * GAP_SPREAD_MS)
    const started = nextStart()
    const calledMs = monotonicMs()
    await enqueue(SMALL_PAYLOAD)
    const acknowledgedMs = monotonicMs()
    const startedMs = await within(LONGEST_PICKUP_MS, `the pickup of ${system}`, started)
    fromCall.push(startedMs - calledMs)
    // The handler may start before the enqueuer gets its turn to go on.
    fromAcknowledgement.push(Math.max(0, startedMs - acknowledgedMs))
  }
  recordLatencies(bench, { system, from: 'call', samplesMs: fromCall })
  recordLatencies(bench, { system, from: 'acknowledgement', samplesMs: fromAcknowledgement })
  if (insertMs !== undefined)
    bench.record({ system, metric: BEYOND_INSERT, value: median(fromCall) - insertMs, unit: 'ms' })
  bench.progress(`${system}: p50 ${median(fromCall).toFixed(2)} ms`)
}

/**
 * The median of one durable insert of the loop written by hand, one at a time and as far apart as the jobs of a pickup,
 * on the same disk: what whoever waits for the acknowledgement cannot get below.
 */
export async function recordInsert(bench: Bench): Promise<number | undefined> {
  const limit = bench.systems.find((system) => system.limit)
  if (!limit) return undefined
  const samplesMs = await withNewPlace(bench, limit, async (open) => {
    const taken: number[] = []
    for (let sample = 0; sample < bench.size.samples(SAMPLES); sample += 1) {
      await sleep(LEAST_GAP_MS + Math.random() * GAP_SPREAD_MS)
      const calledMs = monotonicMs()
      await open.enqueue(SMALL_PAYLOAD)
      taken.push(monotonicMs() - calledMs)
    }
    return taken
  })
  const value = median(samplesMs)
  bench.record({ system: limit.name, metric: 'p50 of an insert', value, unit: 'ms' })
  return value
}

interface Latencies {
  readonly system: string
  readonly from: 'call' | 'acknowledgement'
  readonly samplesMs: readonly number[]
}

function recordLatencies(bench: Bench, { system, from, samplesMs }: Latencies): void {
  for (const percent of [50, 95, 99]) {
    const value = percentile(samplesMs, percent / 100)
    bench.record({ system, metric: `p${percent} from ${from}`, value, unit: 'ms' })
  }
}
