import { onTestFinished, test } from 'vitest'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { expectIdleResultsForgotten } from '../../../support/idle-results.ts'
import { emptySchema, postgresPool, schemaOf } from '../../../support/postgres.ts'

test('a result that counts no more, or whose job is gone, is forgotten', async () => {
  const { url, release } = await emptySchema()
  const clock = new VirtualClock()
  const store = await openPostgresStore({ to: url, clock })
  onTestFinished(async () => {
    await store.close()
    release()
  })
  const sql = `select gate from "${schemaOf(url)}".results order by gate`
  const results = async () => (await postgresPool().query<{ gate: string }>(sql)).rows.map(({ gate }) => gate)
  await expectIdleResultsForgotten(store, { clock, results })
})
