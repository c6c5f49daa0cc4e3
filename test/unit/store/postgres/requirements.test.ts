import { onTestFinished, test } from 'vitest'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { startWorker } from '../../../support/jobs.ts'
import { emptySchema, postgresPool, schemaOf } from '../../../support/postgres.ts'
import { expectStraysMended } from '../../../support/strayed.ts'

test.for([
  {},
  { order: 'fifo' } as const,
])('what a version before has put where nobody asks for its requirements comes back to its lane: %o', async (settings) => {
  const { url, release } = await emptySchema()
  const store = await openPostgresStore({ to: url, clock: new VirtualClock() })
  onTestFinished(async () => {
    await store.close()
    release()
  })
  const schema = `"${schemaOf(url)}"`
  await expectStraysMended(store, await startWorker(store, 'first'), {
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
