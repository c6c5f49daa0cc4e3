import { postgresPool, schemaOf } from '../../../support/postgres.ts'
import { timedTest as test } from '../../../support/postgres-store.ts'
import { expectGroupsMended, expectStraysMended } from '../../../support/strayed.ts'

test.for([
  {},
  { order: 'fifo' } as const,
])('what a version before has put where nobody asks for its requirements comes back to its lane: %o', async (settings, {
  url,
  store,
  worker,
}) => {
  const schema = `"${schemaOf(url)}"`
  await expectStraysMended(store, worker, {
    settings,
    stray: async (id) => {
      await postgresPool().query(
        `insert into ${schema}.lanes (queue, name, used_at) values ('default', 'test.work', 0)`,
      )
      await postgresPool().query(
        `update ${schema}.pending set class = 3, rank = -5, due_at = coalesce(asked_due_at, due_at), asked_due_at = null, lane = (select id from ${schema}.lanes where name = 'test.work')
        where seq = (select seq from ${schema}.jobs where id = $1)`,
        [id],
      )
    },
  })
})

test('what a version before has put where nobody heeds its group waits for its turn again', async ({
  url,
  store,
  worker,
}) => {
  const strayed = `update "${schemaOf(url)}".pending set class = 3, turn_group = null where class = 6`
  await expectGroupsMended(store, worker, async () => void (await postgresPool().query(strayed)))
})
