import { onTestFinished, test } from 'vitest'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { expectIdleGatesForgotten } from '../../../support/idle-gates.ts'
import { emptySchema, postgresPool, schemaOf } from '../../../support/postgres.ts'

test('a gate at which nothing is left of what has happened there is forgotten', async () => {
  const { url, release } = await emptySchema()
  const clock = new VirtualClock()
  const store = await openPostgresStore({ to: url, clock })
  onTestFinished(async () => {
    await store.close()
    release()
  })
  const sql = `select gate from "${schemaOf(url)}".gates order by gate`
  const gates = async () => (await postgresPool().query<{ gate: string }>(sql)).rows.map(({ gate }) => gate)
  await expectIdleGatesForgotten(store, { clock, gates })
})
