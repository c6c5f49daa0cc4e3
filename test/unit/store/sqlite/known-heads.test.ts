import { expect } from 'vitest'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import type { ClaimedJob } from '../../../../src/store/jobs.ts'
import { openMemoryStore } from '../../../../src/store/memory/index.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/index.ts'
import type { Store } from '../../../../src/store/store.ts'
import {
  COMPLETE,
  enqueue,
  idsOf,
  newJob,
  RELEASE,
  snooze,
  startWorker,
  type TestWorker,
} from '../../../support/jobs.ts'
import { test } from './store.ts'

const QUEUES = 80
const STEPS = 120
const KEEP_NOTHING = { complete: 0, failed: 0, cancelled: 0 }

/** Numbers that look drawn, the same ones for a seed: mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) * below) / 4294967296
  }
}

/** One system that is told what to do: two processes on one file, or the memory store, which remembers nothing. */
class Side {
  readonly #stores: readonly Store[]
  readonly #workers: readonly TestWorker[]
  readonly #claims: { readonly worker: TestWorker; readonly job: ClaimedJob }[] = []

  constructor(stores: readonly Store[], workers: readonly TestWorker[]) {
    this.#stores = stores
    this.#workers = workers
  }

  /** Does the step of this number; gives what a claim took. */
  async step(kind: number, { random, number }: { random: (below: number) => number; number: number }) {
    const process = Math.floor(random(2))
    const store = this.#stores[process % this.#stores.length] as Store
    const worker = this.#workers[process % this.#workers.length] as TestWorker
    if (kind < 4) return enqueue(store, ...draftJobs(random, number)).then(() => [])
    if (kind < 8) return this.#claim(worker, random)
    if (kind < 10) return this.#settle(random)
    const queue = `user-${Math.floor(random(QUEUES))}`
    if (kind < 11) await store.queues.pause(queue)
    else if (kind < 12) await store.queues.resume(queue)
    else await store.upkeep.prune(KEEP_NOTHING, 1_000)
    return []
  }

  async #claim(worker: TestWorker, random: (below: number) => number): Promise<string[]> {
    const limit = 1 + Math.floor(random(random(3) < 1 ? 60 : 8))
    const few = Array.from({ length: 12 }, () => `user-${Math.floor(random(QUEUES))}`)
    const refuses = random(6) < 1
    const jobs = await worker.claim({
      limit,
      ...(random(4) < 1 && { queues: few }),
      ...(refuses && { accepts: ({ id }) => !id.endsWith('3') }),
    })
    this.#claims.push(...jobs.map((job) => ({ worker, job })))
    return idsOf(jobs)
  }

  async #settle(random: (below: number) => number): Promise<string[]> {
    for (let times = 0; times < 5; times += 1) {
      const [claim] = this.#claims.splice(Math.floor(random(this.#claims.length)), 1)
      const outcome = [COMPLETE, RELEASE, RELEASE, snooze(20)][Math.floor(random(4))] ?? COMPLETE
      if (claim) await claim.worker.settle(claim.job, outcome)
    }
    return []
  }
}

function draftJobs(random: (below: number) => number, number: number) {
  return Array.from({ length: 1 + Math.floor(random(60)) }, (_, index) =>
    newJob(`${number}-${index}`, {
      queue: `user-${Math.floor(random(QUEUES))}`,
      priority: Math.floor(random(4)),
      delayMs: random(4) < 1 ? Math.floor(random(40)) : 0,
    }),
  )
}

for (const seed of [1, 2]) {
  test(`whoever stores, takes and gives back what, a claim takes the best of all lanes (seed ${seed})`, async ({
    store,
    clock,
  }) => {
    const other = await openSqliteStore({ file: store.location, clock })
    const referenceClock = new VirtualClock()
    const reference = openMemoryStore({ clock: referenceClock })
    const workersOn = (stores: readonly Store[]) =>
      Promise.all(stores.map((each, index) => startWorker(each, `worker ${index}`, { leaseMs: 1e9 })))
    const sides = [
      new Side([store, other], await workersOn([store, other])),
      new Side([reference], await workersOn([reference, reference])),
    ]

    const random = randomOf(seed)
    for (let number = 0; number < STEPS; number += 1) {
      const kind = Math.floor(random(13))
      const stepSeed = Math.floor(random(1e9))
      const [taken, expected] = await Promise.all(
        sides.map((side) => side.step(kind, { random: randomOf(stepSeed), number })),
      )
      expect(taken, `step ${number} of kind ${kind}`).toEqual(expected)
      const ms = Math.floor(random(10))
      await Promise.all([clock.advance(ms), referenceClock.advance(ms)])
    }
    await other.close()
    await reference.close()
  })
}
