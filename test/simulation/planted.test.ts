import { expect, test } from 'vitest'
import type { Plant } from '../../simulation/world.ts'
import type { Store } from '../../src/store/store.ts'
import { coursesOf } from './seeds.ts'

/** Faults that a store might have, put into one that has none, and what the simulator has to say of them. */
const PLANTED: readonly { readonly fault: string; readonly plant: Plant; readonly found: RegExp }[] = [
  {
    fault: 'a settlement that is accepted whatever its epoch',
    plant: (store) => ({ ...store, jobs: { ...store.jobs, settle: unfenced(store) } }),
    found: /jobs\.settle must not have made/,
  },
  {
    fault: 'a rescue that takes the jobs of the living',
    plant: (store) => ({ ...store, upkeep: { ...store.upkeep, rescue: greedy(store) } }),
    found: /upkeep\.rescue must not have made|was taken for lost/,
  },
  {
    fault: 'an insert that is acknowledged and forgotten now and then',
    plant: (store) => ({ ...store, jobs: { ...store.jobs, insert: forgetful(store) } }),
    found: /jobs\.insert lost/,
  },
  {
    fault: 'a claim that takes what somebody else holds',
    plant: (store) => ({ ...store, jobs: { ...store.jobs, claim: thieving(store) } }),
    found: /jobs\.claim must not have made/,
  },
  {
    fault: 'a wake-up that is lost for ever: what was given back is never due again',
    plant: (store) => ({ ...store, jobs: { ...store.jobs, settle: neverAgain(store) } }),
    found: /is still pending/,
  },
]

test.each(PLANTED)('$fault is found', async ({ plant, found }) => {
  const courses = await coursesOf({ store: 'memory', count: 200, plant })
  expect(courses.at(-1)?.problems.join('\n')).toMatch(found)
})

/** Settles whatever stands at the job's place, as a write without its fence would. */
function unfenced({ jobs, catalog }: Store): Store['jobs']['settle'] {
  return async (settlements, repeated) => {
    const held = await catalog.get(settlements.map(({ id }) => id))
    const forged = settlements.map((settlement) => {
      const { worker, epoch } = held.find(({ id }) => id === settlement.id) ?? settlement
      return { ...settlement, worker: worker ?? settlement.worker, epoch }
    })
    return jobs.settle(forged, repeated)
  }
}

/** Takes the first worker for lost that there is, whatever its lease says. */
function greedy({ upkeep, workers }: Store): Store['upkeep']['rescue'] {
  return async (crashLimit, limit) => {
    const [victim] = await workers.list()
    if (victim) await workers.deregister(victim.id)
    const rescued = await upkeep.rescue(crashLimit, limit)
    return { ...rescued, workers: victim ? [victim.id, ...rescued.workers] : rescued.workers }
  }
}

function forgetful({ jobs }: Store): Store['jobs']['insert'] {
  let calls = 0
  return async (given, pendingMax) => {
    calls += 1
    return calls % 20 === 0 ? given.map(({ id }) => ({ id, existed: false })) : jobs.insert(given, pendingMax)
  }
}

/** Ends the lease of somebody who holds a job, so that there is more to claim. */
function thieving({ jobs, workers }: Store): Store['jobs']['claim'] {
  return async (request) => {
    const holder = (await workers.list()).find(({ id, held }) => held > 0 && id !== request.worker)
    if (holder) await workers.deregister(holder.id)
    return jobs.claim(request)
  }
}

function neverAgain({ jobs }: Store): Store['jobs']['settle'] {
  return (settlements, repeated) =>
    jobs.settle(
      settlements.map((each) => (each.verb === 'retry' ? { ...each, dueInMs: 1e12 } : each)),
      repeated,
    )
}
