import { expect } from 'vitest'
import { seededRandom } from '../../src/kit/random.ts'
import type { ClaimedJob } from '../../src/store/jobs.ts'
import type { Store } from '../../src/store/store.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  LEASE_MS,
  newJob,
  newJobs,
  RELEASE,
  settlement,
  startWorker,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

const ROUNDS = 25
const CALLERS = 6
const JOBS_A_ROUND = 8
const HELD = 200

/**
 * Six callers on one store, each with a worker of its own, do at the same time all that can meet in one job: each enqueues,
 * claims, settles what it has claimed in two halves, cancels and retries jobs of its own and of its neighbour, beats, and
 * signs off and on again. What is raced for is the place of a job, which only one of them may change at a time: in the
 * end none is lost, none is there twice, and each is complete once and was told to be.
 */
export function racePromises(test: StoreTest): void {
  test('whoever races whom, each job is in one place and is settled once', async ({ store, clock }) => {
    const settled: string[] = []
    const race = { store, nowMs: clock.now(), settled }
    await Promise.all(Array.from({ length: CALLERS }, (_, caller) => play(race, caller)))

    expect(new Set(settled).size).toBe(settled.length)
    await clock.advance(LEASE_MS)
    while ((await store.upkeep.rescue(1_000)).more);
    const jobs = await store.catalog.list({}, { limit: 100_000 })
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(CALLERS * ROUNDS * JOBS_A_ROUND)
    expect(jobs).toHaveLength(CALLERS * ROUNDS * JOBS_A_ROUND)
    expect(jobs.filter(({ worker }) => worker !== null)).toEqual([])
    const complete = jobs.filter(({ state }) => state === 'complete').map(({ id }) => id)
    expect(complete.sort()).toEqual(settled.sort())
    // What is left runs to its end: nothing is lost in between two places.
    const worker = await startWorker(store, 'last')
    const pending = jobs.filter(({ state }) => state === 'pending').length
    let left = 0
    for (let some = await all(worker); some.length > 0; some = await all(worker)) left += some.length
    expect(left).toBe(pending)
  })

  test('an outcome that races the word that its job has begun is written', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, ...newJobs(HELD))
    const jobs = await worker.hold({ limit: HELD })

    const end = { outcome: { kind: 'complete', output: '1' } as const, nowMs: clock.now() }
    const said = jobs.flatMap((job) => [
      worker.begin(job),
      store.jobs.settle([settlement(job, worker.id, end)]),
    ])
    const written = (await Promise.all(said)).filter((_, place) => place % 2 === 1)

    expect(written).toEqual(jobs.map(() => ['settled']))
    expect(await store.catalog.count({ states: ['complete'] })).toBe(HELD)
  })
}

interface Race {
  readonly store: Store
  readonly nowMs: number
  /** Jobs that were told to be complete. */
  readonly settled: string[]
}

/** What one caller does, in an order that depends on its number alone. */
async function play(race: Race, caller: number): Promise<void> {
  const { store } = race
  const random = seededRandom(caller + 1)
  const ids: string[] = []
  const worker = await startWorker(store, `worker ${caller}`)
  for (let round = 0; round < ROUNDS; round += 1) {
    const fresh = Array.from({ length: JOBS_A_ROUND }, (_, job) => `job-${caller}-${round}-${job}`)
    ids.push(...fresh)
    await enqueue(store, ...fresh.map((id) => newJob(id, { priority: Math.floor(random() * 3) })))
    const claimed = await worker.claim({
      limit: Math.ceil(random() * 12),
      begins: Math.floor(random() * 8),
      takesAlone: random() < 0.5,
    })
    const any = () => ids[Math.floor(random() * ids.length)] as string
    await Promise.all([
      settleSome(race, { worker: worker.id, claimed }, random),
      store.catalog.cancel([any(), `job-${(caller + 1) % CALLERS}-${round}-0`, any()], 'raced'),
      random() < 0.3 ? store.catalog.retry([any(), any(), any()]) : undefined,
      random() < 0.2 ? worker.stop().then(() => startWorker(store, worker.id)) : undefined,
      store.workers.extend(worker.id, LEASE_MS),
    ])
  }
}

async function settleSome(
  { store, nowMs, settled }: Race,
  { worker, claimed }: { worker: string; claimed: readonly ClaimedJob[] },
  random: () => number,
): Promise<void> {
  const ends = claimed.map((job) => {
    const outcome = random() < 0.5 ? COMPLETE : random() < 0.5 ? RELEASE : failure('raced')
    return settlement(job, worker, { outcome, nowMs })
  })
  const half = Math.ceil(ends.length / 2)
  const parts = [ends.slice(0, half), ends.slice(half)]
  const answers = (await Promise.all(parts.map((part) => store.jobs.settle(part)))).flat()
  ends.forEach((end, index) => {
    if (end.verb === 'complete' && answers[index] === 'settled') settled.push(end.id)
  })
}

/** What the worker can have now or later. */
function all(worker: Awaited<ReturnType<typeof startWorker>>): Promise<ClaimedJob[]> {
  return worker.claim({ limit: 1_000 })
}
