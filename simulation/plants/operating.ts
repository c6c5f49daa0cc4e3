import { inStore, type Planted } from './plant.ts'

const untold: Planted = {
  fault: 'a step of an operation that does it to one job more than it tells of',
  store: 'memory',
  found: /catalog\.(cancel|retry) must not have made/,
  plant: inStore(({ operations }) => ({
    operations: {
      ...operations,
      step: async (piece) => {
        const stepped = await operations.step(piece)
        return stepped && { ...stepped, ids: stepped.ids.slice(1) }
      },
    },
  })),
}

const deletesWhatWaits: Planted = {
  fault: 'an operation that deletes jobs which are still to run',
  store: 'memory',
  found: /upkeep\.prune lost/,
  plant: inStore(({ operations, catalog }) => ({
    operations: {
      ...operations,
      step: async (piece) => {
        if (piece.deed.verb !== 'delete') return operations.step(piece)
        const waiting = await catalog.list({ states: ['pending'] }, { limit: 1 })
        const ids = waiting.map(({ id }) => id)
        await catalog.cancel(ids, 'to be deleted')
        return operations.step({ ...piece, ids: [...piece.ids, ...ids] })
      },
    },
  })),
}

export const IN_OPERATING: readonly Planted[] = [untold, deletesWhatWaits]
