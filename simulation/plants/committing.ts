import type pg from 'pg'
import type { StoreTransaction } from '../../src/store/store.ts'
import { inStore, type Planted } from './plant.ts'

const LIGHT = "select set_config('synchronous_commit', 'off', true)"

const lightInside: Planted = {
  fault: 'a light statement in a transaction with others, which is committed without waiting for the disk',
  store: 'postgres',
  found: /did not wait for the disk/,
  plant: reporting((client) => client.query(LIGHT)),
}

const otherOrder: Planted = {
  fault: 'a transaction that locks what it reports on in another order than a settlement does',
  store: 'postgres',
  found: /met a deadlock/,
  plant: (connection) => ({
    ...connection,
    write: async (tx) => {
      const { location } = connection.store
      await (tx as pg.ClientBase).query(
        `select from "${schemaIn(location)}".claims order by id desc for share`,
      )
      return connection.write?.(tx)
    },
  }),
}

function schemaIn(location: string): string {
  return new URL(location).searchParams.get('schema') ?? ''
}

/** Before each report in a transaction, something else is sent on its connection. */
function reporting(before: (client: pg.ClientBase) => Promise<unknown>) {
  return inStore((store) => {
    const within = (tx: StoreTransaction): StoreTransaction => ({
      ...tx,
      report: async (reports) => {
        await before(tx.handle as pg.ClientBase)
        return tx.report(reports)
      },
    })
    return { transaction: (body, options) => store.transaction((tx) => body(within(tx)), options) }
  })
}

export const IN_COMMITTING: readonly Planted[] = [lightInside, otherOrder]
