import { defineJob, Worker } from 'millhand'
import { requireDrained, withNewPlace } from '../contest.ts'
import { type Contestant, inWays, recordContrast } from '../contrast.ts'
import { elapsedMs, rate } from '../measure.ts'
import { type Bench, millhandsOf, type Scenario } from '../scenario.ts'
import { millhandWith, noOp, openQueueAt } from '../systems/millhand.ts'
import { payloads } from '../systems/system.ts'

const JOBS = 50_000
const BLOCKED = 100_000

/** The worker serves both names: a claim that looked at what is blocked would pay for it. */
export const blockedKey: Scenario = {
  name: 'blocked-key',
  about:
    '50,000 no-op jobs are run alone, and beside 100,000 others that wait for one key of a limit, whose only place is ' +
    'held meanwhile; the worker serves both.',
  targets: [{ metric: 'beside to alone', atLeast: 0.8 }],
  run: (bench) =>
    recordContrast(bench, inWays(millhandsOf(bench), ['alone', 'beside']), (each) => drain(bench, each)),
}

/** Made where it is run: a build from before limits, which others are compared with, refuses it. */
function defineBlocked() {
  return defineJob({ name: 'bench.blocked', limits: [{ key: 'bench', concurrency: 1 }] })
}

function drain(bench: Bench, { system, way }: Contestant): Promise<number> {
  const jobs = bench.size.jobs(JOBS)
  return withNewPlace(
    bench,
    millhandWith(system, { specs: [noOp, defineBlocked()] }),
    async (open, place) => {
      const blocked = way === 'beside' ? bench.size.jobs(BLOCKED) : 0
      await using _held = blocked > 0 ? await holdKey(place, blocked) : undefined
      await open.enqueueMany(payloads(jobs))
      await bench.stores.rest(place)
      const durationMs = await elapsedMs(() => open.drain(jobs))
      await requireDrained(open, blocked)
      return rate(jobs, durationMs)
    },
  )
}

/** Has the only place of the key, and so many jobs behind it. */
async function holdKey(place: string, jobs: number): Promise<AsyncDisposable> {
  const job = defineBlocked()
  const queue = await openQueueAt(place)
  const begun = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const run = () => {
    begun.resolve()
    return released.promise
  }
  const worker = new Worker(queue, { jobs: [job.handle(run)], concurrency: 1 })
  await worker.start()
  await queue.enqueueMany(job, payloads(jobs))
  await begun.promise
  return {
    async [Symbol.asyncDispose]() {
      const stopped = worker.stop()
      released.resolve()
      await stopped
      await queue.close()
    },
  }
}
