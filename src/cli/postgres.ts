import type { Config } from '../config/index.ts'
import { parseDuration } from '../kit/duration.ts'
import { openPatiently } from '../store/opening.ts'
import { parseAddress } from '../store/postgres/connection/address.ts'
import { unreachable } from '../store/postgres/connection/unreachable.ts'
import { Database } from '../store/postgres/database.ts'

type Where = Pick<Config, 'store' | 'location' | 'queue'>

/**
 * The database of a configuration, without a queue on it: nothing is made there, and it may be in any state. One that
 * cannot be reached is said to be so at once.
 *
 * @throws MillhandError `store_unavailable`, `too_many_connections`
 */
export function withDatabase<Result>(
  where: Where,
  look: (database: Database) => Promise<Result>,
): Promise<Result> {
  return lookAt(where, look, 0)
}

/** The same, for who may wait for it: as long as `openTimeout` says, where it says anything. */
export function whenDatabaseIsThere<Result>(
  where: Where,
  look: (database: Database) => Promise<Result>,
): Promise<Result> {
  return lookAt(where, look, parseDuration(where.queue.openTimeout) ?? 0)
}

async function lookAt<Result>(
  { store, location, queue }: Where,
  look: (database: Database) => Promise<Result>,
  timeoutMs: number,
): Promise<Result> {
  const sessions = queue.notify !== false
  const address = await parseAddress(store)
  const database = new Database({ address, sessions, self: '', clock: undefined })
  try {
    return await openPatiently(location, { timeoutMs }, () => look(database))
  } catch (error) {
    throw unreachable(error)
  } finally {
    await database.close()
  }
}
