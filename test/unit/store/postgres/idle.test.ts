import { expectIdleGatesForgotten } from '../../../support/idle-gates.ts'
import { expectIdleResultsForgotten } from '../../../support/idle-results.ts'
import { postgresPool, schemaOf } from '../../../support/postgres.ts'
import { timedTest } from '../../../support/postgres-store.ts'

const test = timedTest.extend(
  'gatesIn',
  ({ url }) =>
    async (table: 'gates' | 'results'): Promise<string[]> => {
      const sql = `select gate from "${schemaOf(url)}".${table} order by gate`
      return (await postgresPool().query(sql)).rows.map(({ gate }) => gate)
    },
)

test('a gate at which nothing is left of what has happened there is forgotten', ({ store, clock, gatesIn }) =>
  expectIdleGatesForgotten(store, { clock, gates: () => gatesIn('gates') }))

test('a result that counts no more, or whose job is gone, is forgotten', ({ store, clock, gatesIn }) =>
  expectIdleResultsForgotten(store, { clock, results: () => gatesIn('results') }))
