import type { StoreKind } from '../plan.ts'
import type { Place } from './place.ts'
import { postgresPlace } from './postgres.ts'
import { sqlitePlace } from './sqlite.ts'

/** A new, empty store, which goes when it is closed. */
export async function openPlace(store: StoreKind): Promise<Place> {
  return store === 'sqlite' ? sqlitePlace() : postgresPlace()
}
