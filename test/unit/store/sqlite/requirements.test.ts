import { DatabaseSync } from 'node:sqlite'
import { expectStraysMended } from '../../../support/strayed.ts'
import { test } from './store.ts'

test('what a version before has put where nobody asks for its requirements comes back to its lane', async ({
  store,
  worker,
}) => {
  const db = new DatabaseSync(store.location.replace(/^sqlite:/, ''))
  await expectStraysMended(store, worker, (id) => {
    db.exec("insert into millhand_lanes (queue, name) values ('default', 'test.work')")
    db.prepare(`update millhand_jobs set waits = 4, lane =
      (select id from millhand_lanes where name = 'test.work') where id = ?`).run(id)
  })
  db.close()
})
