import { DatabaseSync } from 'node:sqlite'
import { expectIdleGatesForgotten } from '../../../support/idle-gates.ts'
import { test } from './store.ts'

test('a gate at which nothing is left of what has happened there is forgotten', async ({ store, clock }) => {
  const db = new DatabaseSync(store.location.replace(/^sqlite:/, ''))
  const gates = async () =>
    db
      .prepare('select gate from millhand_gates order by gate')
      .all()
      .map(({ gate }) => String(gate))
  await expectIdleGatesForgotten(store, { clock, gates })
  db.close()
})
