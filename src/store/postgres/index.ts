import type { Pool } from 'pg'
import { type Clock, systemClock } from '../../kit/clock.ts'
import { asError } from '../../kit/error.ts'
import { uuidv7 } from '../../kit/ids.ts'
import { siblingModule } from '../../kit/module.ts'
import { systemRandom } from '../../kit/random.ts'
import { isTransient, storeError } from '../errors.ts'
import { Room } from '../room.ts'
import type { Store } from '../store.ts'
import type { BeatThread } from '../workers.ts'
import { type Address, addressOf, parseAddress, portable } from './address.ts'
import { Claims } from './claims.ts'
import { Database } from './database.ts'
import { migrate, requireMigrated } from './migrate.ts'
import { Notices } from './notices.ts'
import { roles } from './roles.ts'
import { NOW } from './sql.ts'
import { Transactions } from './transaction.ts'

interface PostgresOptions {
  /** A URL, or a pool of the caller's, which is used and not closed. */
  readonly to: string | Pool
  readonly schema?: string | undefined
  readonly clock?: Clock
  /** Whether to bring the schema to the newest version. Default true; `false` refuses an older one. */
  readonly migrate?: boolean | undefined
  /** Whether to be notified; `false` behind a pooler in transaction mode. Default true. */
  readonly notify?: boolean | undefined
}

/** The random end of an id names a process well enough. */
const SELF_CHARACTERS = 12

/**
 * Opens a store in one schema of a PostgreSQL database.
 *
 * @throws MillhandError `store_unavailable`, `store_newer`, `store_older`, `migration_failed`, `invalid_schema`
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const { to, schema, clock = systemClock, notify = true } = options
  const pool = typeof to === 'string' ? undefined : to
  const address = pool ? addressOf(pool, schema) : parseAddress(to as string, schema)
  const self = uuidv7(systemClock, systemRandom)().slice(-SELF_CHARACTERS)
  const injected = clock === systemClock ? undefined : clock
  const database = new Database({ address, pool, sessions: notify, self, clock: injected })
  try {
    if (options.migrate !== false) await migrate(database)
    else await requireMigrated(database)
  } catch (error) {
    await database.close()
    throw isTransient(error) ? unreachable(error, address) : error
  }
  return compose(database, { clock, self, notify })
}

/** Nothing is there yet that could try again: whoever opens it hears at once that it is not to be reached. */
function unreachable(error: unknown, { location }: Address): Error {
  return storeError('store_unavailable', { location, problem: asError(error).message }, { cause: error })
}

function compose(
  database: Database,
  { clock, self, notify }: { readonly clock: Clock; readonly self: string; readonly notify: boolean },
): Store {
  const room = new Room()
  const claims = new Claims(database.session, clock, self)
  const transactions = new Transactions(database, room)
  const notices = notify ? new Notices(database, self) : undefined
  return {
    kind: 'postgres',
    location: database.address.location,
    capabilities: { multiProcess: true, transactions: true, beatThread: beatThread(database.address, clock) },
    ...roles({ database, claims, room }),
    async transaction(body) {
      database.requireOpen()
      return transactions.run(body)
    },
    async insertIn(handle, jobs, pendingMax) {
      database.requireOpen()
      return transactions.within(handle).insert(jobs, pendingMax)
    },
    insideTransaction: () => transactions.isInside(),
    listen: (onNotice) => notices?.listen(onNotice) ?? (() => {}),
    now: () => now(database),
    async close() {
      await notices?.close()
      await transactions.close()
      await database.close()
    },
  }
}

/** An injected clock, or a password that is a function, cannot reach into a thread; then the event loop beats. */
function beatThread(address: Address, clock: Clock): BeatThread | null {
  const config = portable(address)
  if (clock !== systemClock || config === null) return null
  const { schema, location } = address
  const data = { config, schema, location }
  return { module: siblingModule(import.meta.url, './beat-thread'), data }
}

async function now({ session }: Database): Promise<number> {
  const [row] = await session.at<{ now: number }>(`select ${NOW} as now`)
  return row?.now ?? 0
}
