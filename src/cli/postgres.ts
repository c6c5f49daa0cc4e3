import type { Config } from '../config/index.ts'
import { asError } from '../kit/error.ts'
import { isTransient, storeError } from '../store/errors.ts'
import { parseAddress } from '../store/postgres/address.ts'
import { Database } from '../store/postgres/database.ts'

/**
 * The database of a configuration, without a queue on it: nothing is made there, and it may be in any state.
 *
 * @throws MillhandError `store_unavailable`
 */
export async function withDatabase<Result>(
  { store, location, queue }: Pick<Config, 'store' | 'location' | 'queue'>,
  use: (database: Database) => Promise<Result>,
): Promise<Result> {
  const sessions = queue.notify !== false
  const database = new Database({ address: parseAddress(store), sessions, self: '', clock: undefined })
  try {
    return await use(database)
  } catch (error) {
    if (!isTransient(error)) throw error
    throw storeError('store_unavailable', { location, problem: asError(error).message }, { cause: error })
  } finally {
    await database.close()
  }
}
