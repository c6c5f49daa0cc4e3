import { DatabaseSync } from 'node:sqlite'
import { expectGroupsMended, expectStraysMended } from '../../../support/strayed.ts'
import { test } from './store.ts'

test.for([
  {},
  { order: 'fifo' } as const,
])('what a version before has put where nobody asks for its requirements comes back to its lane: %o', async (settings, {
  store,
  worker,
}) => {
  const db = new DatabaseSync(store.location.replace(/^sqlite:/, ''))
  await expectStraysMended(store, worker, {
    settings,
    stray: (id) => {
      db.exec("insert into millhand_lanes (queue, name) values ('default', 'test.work')")
      db.prepare(`update millhand_jobs set waits = 4, priority = 5,
      due_at = coalesce(asked_due_at, due_at), asked_priority = null,
      asked_due_at = null, lane =
      (select id from millhand_lanes where name = 'test.work') where id = ?`).run(id)
    },
  })
  db.close()
})

test('what a version before has put where nobody heeds its group waits for its turn again', async ({
  store,
  worker,
}) => {
  const db = new DatabaseSync(store.location.replace(/^sqlite:/, ''))
  await expectGroupsMended(store, worker, () => db.exec('update millhand_jobs set waits = 4 where waits = 6'))
  db.close()
})
