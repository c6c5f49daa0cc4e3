import { storeError } from '../../errors.ts'
import { sqlStateOf } from '../connection/faults.ts'
import type { Session } from '../session.ts'

const NO_TRANSACTION = '25P01'

/**
 * Runs `body` as a part of the transaction that is undone alone when it throws. One at a time on a connection: two
 * savepoints of one name would undo each other's.
 *
 * @throws MillhandError `foreign_transaction` where none is open
 */
export async function nested<Result>(session: Session, body: () => Promise<Result>): Promise<Result> {
  await session.run('savepoint millhand').catch((error) => {
    if (sqlStateOf(error) !== NO_TRANSACTION) throw error
    const problem = 'no transaction is open on it'
    throw storeError('foreign_transaction', { store: 'postgres', problem }, { cause: error })
  })
  try {
    const result = await body()
    await session.run('release savepoint millhand')
    return result
  } catch (error) {
    // One by one, since not every client takes two statements at once. Of a connection that broke nothing is left.
    const undo = async () => {
      await session.run('rollback to savepoint millhand')
      await session.run('release savepoint millhand')
    }
    await undo().catch(() => {})
    throw error
  }
}
