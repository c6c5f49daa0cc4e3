import { expect, test } from 'vitest'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { emptySchema } from '../../../support/postgres.ts'

/** Nobody notified whoever signed on between the write of a transaction and its commit. */
test('who begins to listen is told when it hears, and once more for what was committed after that', async () => {
  const { url, release } = await emptySchema()
  const store = await openPostgresStore({ to: url })
  const twice = Promise.withResolvers<number>()
  let told = 0
  const stop = store.listen(() => {
    told += 1
    if (told === 2) twice.resolve(told)
  })
  try {
    expect(await twice.promise).toBe(2)
  } finally {
    stop()
    await store.close()
    release()
  }
})
