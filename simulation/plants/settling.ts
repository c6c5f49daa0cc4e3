import { TransientError } from '../../src/store/errors.ts'
import { inJobs, type Planted } from './plant.ts'

const unfenced: Planted = {
  fault: 'a settlement that is accepted whatever its worker and epoch',
  store: 'memory',
  found: /jobs\.settle must not have made/,
  plant: inJobs(({ jobs, catalog }) => ({
    settle: async (settlements, repeated) => {
      const held = await catalog.get(settlements.map(({ id }) => id))
      const forged = settlements.map((settlement) => {
        const { worker, epoch } = held.find(({ id }) => id === settlement.id) ?? settlement
        return { ...settlement, worker: worker ?? settlement.worker, epoch }
      })
      return jobs.settle(forged, repeated)
    },
  })),
}

const inVain: Planted = {
  fault: 'a settlement that is said to be written and is not',
  store: 'memory',
  found: /jobs\.settle accepted \w+ of \S+ in vain/,
  plant: inJobs(({ jobs }) => ({
    settle: async (settlements, repeated) => {
      const settled = await jobs.settle(settlements, repeated)
      return settled.map((each) => (each === 'refused' ? 'settled' : each))
    },
  })),
}

const neverAgain: Planted = {
  fault: 'a retry that is never due',
  store: 'memory',
  found: /is still pending/,
  plant: inJobs(({ jobs }) => ({
    settle: (settlements, repeated) =>
      jobs.settle(
        settlements.map((each) => (each.verb === 'retry' ? { ...each, dueInMs: 1e12 } : each)),
        repeated,
      ),
  })),
}

/** One job in so many can never be written. */
const UNWRITABLE = 9

const repeatedForEver: Planted = {
  fault: 'a group of settlements that is repeated for ever, since one of them can never be written',
  store: 'memory',
  found: /long after the last fault|still waits for/,
  plant: inJobs(({ jobs }) => ({
    settle: async (settlements, repeated) => {
      if (settlements.some(({ seq }) => seq % UNWRITABLE === 0))
        throw new TransientError('one of them cannot be written', { locked: true })
      return jobs.settle(settlements, repeated)
    },
  })),
}

export const IN_SETTLING: readonly Planted[] = [unfenced, inVain, neverAgain, repeatedForEver]
