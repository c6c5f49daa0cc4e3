import type { Pool } from 'pg'
import { type Clock, systemClock } from '../../kit/clock.ts'
import { uuidv7 } from '../../kit/ids.ts'
import { siblingModule } from '../../kit/module.ts'
import { type Random, systemRandom } from '../../kit/random.ts'
import { isTransient } from '../errors.ts'
import { type Opening, openPatiently } from '../opening.ts'
import type { PostgresPool } from '../pool.ts'
import { Room } from '../room.ts'
import type { Store } from '../store.ts'
import type { BeatThread } from '../workers.ts'
import { BEAT_SCRIPT } from './beat-script.ts'
import { Claims } from './claim.ts'
import { GatedClaims } from './claiming/gated.ts'
import { type Address, addressOf, parseAddress } from './connection/address.ts'
import { reserveBeat } from './connection/beat-client.ts'
import { unreachable } from './connection/unreachable.ts'
import { Database } from './database.ts'
import { Inserts } from './inserts.ts'
import { Lanes } from './lanes.ts'
import { migrate, requireMigrated } from './migrate.ts'
import { Notices } from './notices.ts'
import { KnownOrders } from './order.ts'
import { roles } from './roles.ts'
import { NOW } from './sql.ts'
import { Transactions, type Written } from './transaction.ts'
import { Guests } from './transactions/guests.ts'

interface PostgresOptions {
  /** A URL, or a pool of the caller's, which is used and not closed. */
  readonly to: string | PostgresPool
  readonly schema?: string | undefined
  readonly clock?: Clock
  /** Names this process to the others that it notifies. Default the machine's own. */
  readonly random?: Random | undefined
  /** Whether to bring the schema to the newest version. Default true; `false` refuses an older one. */
  readonly migrate?: boolean | undefined
  /** Whether to be notified; `false` behind a pooler in transaction mode. Default true. */
  readonly notify?: boolean | undefined
  /** How long transactions that are open when the store is closed get to end by themselves. Default 5 s. */
  readonly closeWaitMs?: number
  /** How long a server is waited for that starts, cannot be reached, or takes no more connections. */
  readonly opening?: Opening
  /** Hears why the process is not notified, where that will not pass by itself. */
  readonly onDeaf?: (error: Error) => void
}

/** The random end of an id names a process well enough. */
const SELF_CHARACTERS = 12

/**
 * Opens a store in one schema of a PostgreSQL database.
 *
 * @throws MillhandError `store_unavailable`, `too_many_connections`, `store_newer`, `store_older`, `store_read_only`,
 *   `migration_failed`, `invalid_schema`, `driver_missing`
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const { to, schema, clock = systemClock, random = systemRandom, notify = true, onDeaf = () => {} } = options
  const pool = typeof to === 'string' ? undefined : (to as Pool)
  const address = await (pool ? addressOf(pool, schema) : parseAddress(to as string, schema))
  const self = uuidv7(systemClock, random)().slice(-SELF_CHARACTERS)
  const injected = clock === systemClock ? undefined : clock
  const database = new Database({ address, pool, sessions: notify, self, clock: injected })
  const guests = new Guests(database.session)
  try {
    await openPatiently(address.location, options.opening ?? {}, async () => {
      if (options.migrate !== false) await migrate(database)
      else await requireMigrated(database)
      await guests.open()
    })
  } catch (error) {
    await database.close()
    throw isTransient(error) ? (error.lasting ?? unreachable(error)) : unreachable(error)
  }
  const notices = notify ? new Notices(database, self, onDeaf) : undefined
  return compose({ database, guests, notices }, { clock, self, closeWaitMs: options.closeWaitMs })
}

interface Parts {
  readonly database: Database
  readonly guests: Guests
  readonly notices: Notices | undefined
}

interface Composition {
  readonly clock: Clock
  readonly self: string
  readonly closeWaitMs: number | undefined
}

function compose({ database, guests, notices }: Parts, { clock, self, closeWaitMs }: Composition): Store {
  const { session } = database
  const lanes = new Lanes(session, clock, database.connections)
  const orders = new KnownOrders()
  const inserts = new Inserts({ database, lanes, orders, room: new Room() })
  const claims = new GatedClaims(new Claims({ session, clock, lanes, orders, self }), database)
  const onCommitted = async ({ jobs, settlements, left }: Written) => {
    claims.inserted(jobs)
    claims.settled(settlements)
    await claims.left(left)
  }
  const transactions = new Transactions({ database, inserts, guests, onCommitted, closeWaitMs })
  return {
    kind: 'postgres',
    location: database.address.location,
    capabilities: {
      remote: true,
      multiProcess: true,
      transactions: true,
      beatThread: beatThread(database.address, clock),
    },
    ...roles({ database, claims, inserts, lanes }),
    async transaction(body, { signal } = {}) {
      database.requireOpen()
      return transactions.run(body, signal)
    },
    async insertIn(handle, jobs, pendingMax) {
      database.requireOpen()
      return transactions.insertIn(handle, jobs, pendingMax)
    },
    insideTransaction: () => transactions.isInside(),
    listen: (kind, onNotice) => notices?.listen(kind, onNotice) ?? (() => {}),
    now: () => now(database),
    async close() {
      await notices?.close()
      await transactions.close()
      await database.close()
    },
  }
}

/**
 * An injected clock cannot reach into a thread, nor can a function that gives the password or the socket. Then the
 * event loop beats.
 */
function beatThread({ driver, config, schema, location }: Address, clock: Clock): BeatThread | null {
  if (clock !== systemClock) return null
  // How values are read from rows is the caller's; Millhand's statements bring their own.
  const { types: _, ...connection } = config
  try {
    const data = structuredClone({ config: connection, schema, location })
    const code = BEAT_SCRIPT ?? siblingModule(import.meta.url, './beat-thread')
    return { code, data, reserve: () => reserveBeat(data, driver) }
  } catch {
    return null
  }
}

async function now({ session }: Database): Promise<number> {
  const [row] = await session.at<{ now: number }>(`select ${NOW} as now`)
  return row?.now ?? 0
}
