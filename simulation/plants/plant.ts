import type { Store } from '../../src/store/store.ts'
import type { Plant, StoreKind } from '../database.ts'

/** A fault that a store might have, put into one that has none. */
export interface Planted {
  /** What is wrong with the store. */
  readonly fault: string
  /** Where it is planted: where such a fault can be, and is found soonest. */
  readonly store: StoreKind
  readonly plant: Plant
  /** What the simulator has to say of it. */
  readonly found: RegExp
}

/** The store with some of its parts replaced. */
export function inStore(change: (store: Store) => Partial<Store>): Plant {
  return (connection) => ({ ...connection, store: { ...connection.store, ...change(connection.store) } })
}

export function inJobs(change: (store: Store) => Partial<Store['jobs']>): Plant {
  return inStore((store) => ({ jobs: { ...store.jobs, ...change(store) } }))
}

export function inUpkeep(change: (store: Store) => Partial<Store['upkeep']>): Plant {
  return inStore((store) => ({ upkeep: { ...store.upkeep, ...change(store) } }))
}
