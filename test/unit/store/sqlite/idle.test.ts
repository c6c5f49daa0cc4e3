import { DatabaseSync } from 'node:sqlite'
import { expectIdleGatesForgotten } from '../../../support/idle-gates.ts'
import { expectIdleResultsForgotten } from '../../../support/idle-results.ts'
import { test as base } from './store.ts'

const test = base.extend('gatesIn', ({ store }, { onCleanup }) => {
  const database = new DatabaseSync(store.location.replace(/^sqlite:/, ''))
  onCleanup(() => database.close())
  return async (table: 'gates' | 'results'): Promise<string[]> => {
    const rows = database.prepare(`select gate from millhand_${table} order by gate`).all()
    return rows.map(({ gate }) => String(gate))
  }
})

test('a gate at which nothing is left of what has happened there is forgotten', ({ store, clock, gatesIn }) =>
  expectIdleGatesForgotten(store, { clock, gates: () => gatesIn('gates') }))

test('a result that counts no more, or whose job is gone, is forgotten', ({ store, clock, gatesIn }) =>
  expectIdleResultsForgotten(store, { clock, results: () => gatesIn('results') }))
