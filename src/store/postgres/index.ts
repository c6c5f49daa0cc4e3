import type { Pool } from 'pg'
import { type Clock, sleep, systemClock } from '../../kit/clock.ts'
import { asError } from '../../kit/error.ts'
import { uuidv7 } from '../../kit/ids.ts'
import { siblingModule } from '../../kit/module.ts'
import { systemRandom } from '../../kit/random.ts'
import { isTransient, storeError } from '../errors.ts'
import { Room } from '../room.ts'
import type { Store } from '../store.ts'
import type { BeatThread } from '../workers.ts'
import { type Address, addressOf, parseAddress } from './address.ts'
import { Claims } from './claims.ts'
import { Database } from './database.ts'
import { migrate } from './migrate.ts'
import { Notices } from './notices.ts'
import { roles } from './roles.ts'
import { NOW } from './sql.ts'
import { Transactions } from './transaction.ts'

interface PostgresOptions {
  /** A URL, or a pool of the caller's, which is used and not closed. */
  readonly to: string | Pool
  readonly schema?: string | undefined
  readonly clock?: Clock
  /** Whether to bring the schema to the newest version. Default true. */
  readonly migrate?: boolean | undefined
  /** Whether to be notified; `false` behind a pooler in transaction mode. Default true. */
  readonly notify?: boolean | undefined
}

/** The random end of an id names a process well enough. */
const SELF_CHARACTERS = 12
/** A server that cannot be reached is said to be so after this: whoever has mistyped its name should not wait long. */
const OPEN_PATIENCE_MS = 5_000
const OPEN_RETRY_MS = 100

/** Opens a store in one schema of a PostgreSQL database. @throws MillhandError `store_unavailable`, `store_newer`, `invalid_schema` */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const { to, schema, clock = systemClock, notify = true } = options
  const pool = typeof to === 'string' ? undefined : to
  const address = pool ? addressOf(pool, schema) : parseAddress(to as string, schema)
  const self = uuidv7(systemClock, systemRandom)().slice(-SELF_CHARACTERS)
  const injected = clock === systemClock ? undefined : clock
  const database = new Database({ address, pool, sessions: notify, self, clock: injected })
  try {
    const open = () => (options.migrate === false ? database.session.rows('select 1') : migrate(database))
    await patiently(database, open)
  } catch (error) {
    await database.close()
    throw error
  }
  return compose(database, { clock, self, notify })
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

/** An injected clock cannot reach into a thread, nor a function that gives the password; then the event loop beats. */
function beatThread({ config, schema, location }: Address, clock: Clock): BeatThread | null {
  if (clock !== systemClock) return null
  try {
    const data = { config: structuredClone(config), schema, location }
    return { module: siblingModule(import.meta.url, './beat-thread'), data }
  } catch {
    return null
  }
}

/** Opens what may be busy for a moment, such as a server that starts or is asked by too many at a time. */
async function patiently(database: Database, open: () => Promise<unknown>): Promise<void> {
  const startMs = systemClock.elapsed()
  for (;;) {
    try {
      await open()
      return
    } catch (error) {
      if (!isTransient(error)) throw error
      if (systemClock.elapsed() - startMs > OPEN_PATIENCE_MS) {
        const { location } = database.address
        throw storeError('store_unavailable', { location, problem: asError(error).message }, { cause: error })
      }
    }
    await sleep(systemClock, OPEN_RETRY_MS)
  }
}

async function now({ session }: Database): Promise<number> {
  const [row] = await session.at<{ now: number }>(`select ${NOW} as now`)
  return row?.now ?? 0
}
