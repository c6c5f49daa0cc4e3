import { setTimeout as sleep } from 'node:timers/promises'
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

export async function warmUp(bench: Bench, system: OpenSystem): Promise<void> {
  const jobs = bench.size.jobs(JOBS_BEFORE)
  await system.enqueueMany(payloads(jobs))
  await system.drain(jobs)
}

export interface PickupParts {
  readonly system: string
  readonly enqueue: (payload: typeof SMALL_PAYLOAD) => Promise<void>
  /** When the handler of the job that was enqueued last has started. */
  readonly nextStart: () => Promise<number>
}

/** Enqueues one job at a time to an idle worker, and records how long it takes until its handler starts. */
export async function recordPickups(
  bench: Bench,
  { system, enqueue, nextStart }: PickupParts,
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
  bench.progress(`${system}: p50 ${median(fromCall).toFixed(2)} ms`)
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
