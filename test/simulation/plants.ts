import type { Plant } from '../../simulation/world.ts'
import type { Store } from '../../src/store/store.ts'

/** Settles whatever stands at the job's place, as a write without its fence would. */
export const settlesUnfenced: Plant = (store) => withJobs(store, { settle: unfenced(store) })

/** Takes the first worker for lost that there is, whatever its lease says. */
export const rescuesTheLiving: Plant = (store) => ({
  ...store,
  upkeep: { ...store.upkeep, rescue: greedy(store) },
})

/** Acknowledges an insert now and then that it has not made. */
export function forgetsInserts(oneIn: number): Plant {
  return (store) => withJobs(store, { insert: forgetful(store, oneIn) })
}

/** Claims what somebody else holds. */
export const claimsTwice: Plant = (store) => withJobs(store, { claim: thieving(store) })

/** Loses what is to be retried: it is never due again. */
export const losesRetries: Plant = (store) => withJobs(store, { settle: neverAgain(store) })

/** Says that a settlement was written which was not. */
export const settlesInVain: Plant = (store) => withJobs(store, { settle: agreeable(store) })

/** Blames every job of a lost worker, begun or not. */
export const blamesTheHeld: Plant = (store) => ({
  ...store,
  upkeep: { ...store.upkeep, rescue: blaming(store) },
})

function withJobs(store: Store, verbs: Partial<Store['jobs']>): Store {
  return { ...store, jobs: { ...store.jobs, ...verbs } }
}

function agreeable({ jobs }: Store): Store['jobs']['settle'] {
  return async (settlements, repeated) => {
    const settled = await jobs.settle(settlements, repeated)
    return settled.map((each) => (each === 'refused' ? 'settled' : each))
  }
}

/** Begins what is held in the name of its worker, just before the rescue. */
function blaming({ jobs, catalog, upkeep }: Store): Store['upkeep']['rescue'] {
  return async (crashLimit, limit) => {
    const held = await catalog.list({ states: ['pending'] }, { limit: 1_000 })
    const starts = held.flatMap(({ seq, id, worker, epoch }) =>
      worker === null ? [] : [{ seq, id, worker, epoch, afterMs: 0 }],
    )
    await jobs.begin(starts)
    return upkeep.rescue(crashLimit, limit)
  }
}

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

function greedy({ upkeep, workers }: Store): Store['upkeep']['rescue'] {
  return async (crashLimit, limit) => {
    const [victim] = await workers.list()
    if (victim) await workers.deregister(victim.id)
    const rescued = await upkeep.rescue(crashLimit, limit)
    return { ...rescued, workers: victim ? [victim.id, ...rescued.workers] : rescued.workers }
  }
}

function forgetful({ jobs }: Store, oneIn: number): Store['jobs']['insert'] {
  let calls = 0
  return async (given, pendingMax) => {
    calls += 1
    return calls % oneIn === 0
      ? given.map(({ id }) => ({ id, existed: false }))
      : jobs.insert(given, pendingMax)
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
