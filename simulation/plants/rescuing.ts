import type { JobRecord } from '../../src/job/job.ts'
import { settle } from '../../src/job/outcome.ts'
import { inJobs, inStore, inUpkeep, type Planted } from './plant.ts'

const theLiving: Planted = {
  fault: 'a rescue that takes the jobs of the living',
  store: 'memory',
  found: /upkeep\.rescue must not have made|was taken for lost/,
  plant: inUpkeep(({ upkeep, workers }) => ({
    rescue: async (crashLimit, limit) => {
      const [victim] = await workers.list()
      if (victim) await workers.deregister(victim.id)
      const rescued = await upkeep.rescue(crashLimit, limit)
      return { ...rescued, workers: victim ? [victim.id, ...rescued.workers] : rescued.workers }
    },
  })),
}

/** Begins what is held in the name of its worker, just before the rescue. */
const blamesTheHeld: Planted = {
  fault: 'a rescue that blames what was held and had not begun',
  store: 'memory',
  found: /upkeep\.rescue (must not have made|blamed)/,
  plant: inUpkeep(({ jobs, catalog, upkeep }) => ({
    rescue: async (crashLimit, limit) => {
      const held = await catalog.list({ states: ['pending'] }, { limit: 1_000 })
      await jobs.begin(
        held.flatMap(({ seq, id, worker, epoch }) =>
          worker === null ? [] : [{ seq, id, worker, epoch, afterMs: 0 }],
        ),
      )
      return upkeep.rescue(crashLimit, limit)
    },
  })),
}

/** What it has found once, it takes back a second time, from whoever holds it by then. */
const withoutEpoch: Planted = {
  fault: 'a rescue that does not look at the epoch, and takes back what somebody else has claimed since',
  store: 'memory',
  found: /upkeep\.rescue must not have made/,
  plant: inUpkeep(({ jobs, catalog, upkeep }) => {
    const found = new Set<string>()
    return {
      rescue: async (crashLimit, limit) => {
        const held = (await catalog.get([...found])).flatMap(({ worker, ...job }) =>
          worker === null || job.finishedAt !== null ? [] : [{ ...job, worker }],
        )
        await jobs.settle(held.map(givenBack))
        found.clear()
        const rescued = await upkeep.rescue(crashLimit, limit)
        for (const id of rescued.rescued) found.add(id)
        return rescued
      },
    }
  }),
}

function givenBack({ worker, ...job }: JobRecord & { readonly worker: string }) {
  return settle(
    { ...job, claimedAt: 0 },
    { kind: 'release' },
    { worker, retry: {}, random: () => 0, nowMs: 0 },
  )
}

/** Of so many beats one is answered as if the lease were over: somebody else had the lock, and it is said to be lost. */
const BUSY = 7

const busyForLost: Planted = {
  fault: 'a beat that meets a busy store and is answered as if the lease were lost',
  store: 'memory',
  found: /was told that it is lost/,
  plant: inStore(({ workers }) => {
    let beats = 0
    return {
      workers: {
        ...workers,
        extend: async (...given) => {
          beats += 1
          return beats % BUSY > 0 ? workers.extend(...given) : { lost: true, order: 'run', cancelled: [] }
        },
      },
    }
  }),
}

/** Ends the lease of somebody who holds a job, so that there is more to claim. */
const claimsWithoutLock: Planted = {
  fault: 'a claim without a lock, that takes what somebody else has just claimed',
  store: 'memory',
  found: /jobs\.claim must not have made/,
  plant: inJobs(({ jobs, workers }) => ({
    claim: async (request) => {
      const holder = (await workers.list()).find(({ id, held }) => held > 0 && id !== request.worker)
      if (holder) await workers.deregister(holder.id)
      return jobs.claim(request)
    },
  })),
}

export const IN_RESCUING: readonly Planted[] = [
  theLiving,
  blamesTheHeld,
  withoutEpoch,
  busyForLost,
  claimsWithoutLock,
]
