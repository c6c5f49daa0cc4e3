import { DatabaseSync } from 'node:sqlite'
import { expectIdleResultsForgotten } from '../../../support/idle-results.ts'
import { test } from './store.ts'

test('a result that counts no more, or whose job is gone, is forgotten', async ({ store, clock }) => {
  const db = new DatabaseSync(store.location.replace(/^sqlite:/, ''))
  const results = async () =>
    db
      .prepare('select gate from millhand_results order by gate')
      .all()
      .map(({ gate }) => String(gate))
  await expectIdleResultsForgotten(store, { clock, results })
  db.close()
})
