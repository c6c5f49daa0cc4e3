import { addEntries, type LedgerRow } from '../../src/job/ledger.ts'
import type { Store } from '../../src/store/store.ts'

/** What the ledger says of each minute, queue and name, in their order: however many rows it has of one. */
export async function ledgerOf(store: Store, fromMs = 0): Promise<LedgerRow[]> {
  const rows = await store.ledger.read(fromMs)
  const placeOf = ({ minute, queue, name }: LedgerRow) => JSON.stringify([minute, queue, name])
  const groups = Map.groupBy(rows, placeOf)
  const sums = [...groups.values()].map((group) => group.reduce((sum, row) => addEntries(sum, row)))
  return sums.sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1))
}
