import type { ClientConfig, Pool } from 'pg'
import { asError, preview } from '../../../kit/error.ts'
import { storeError } from '../../errors.ts'
import { DEFAULT_SCHEMA, isSchemaName, readPostgresUrl, slipIn } from '../../url.ts'
import { type Driver, loadDriver } from './driver.ts'

/** Where a store is: how to connect to it, and the schema that it is in. */
export interface Address {
  /** What makes connections. */
  readonly driver: Driver
  /** What a connection is made with: another thread makes its own. */
  readonly config: ClientConfig
  readonly schema: string
  /** Fit to be shown: no password in it. */
  readonly location: string
}

/** Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`; what else it says is for pg. @throws MillhandError `invalid_schema`, `invalid_store`, `store_unavailable`, `driver_missing` */
export async function parseAddress(url: string, schema?: string): Promise<Address> {
  const { connection, schema: named, shown } = readPostgresUrl(url)
  const name = requireSchema(schema ?? named)
  const location = withSchema(shown, name)
  const slip = slipIn(url)
  if (slip !== undefined) throw storeError('invalid_store', { got: `'${location}'`, mend: slip })
  const driver = await loadDriver()
  requireReadable(driver, connection, location)
  return { driver, config: { connectionString: connection }, schema: name, location }
}

/** Read as for each connection, and thrown away: what pg makes of a URL, and of the files that it names, is its own. */
function requireReadable({ Client }: Driver, connectionString: string, location: string): void {
  let port: number
  try {
    port = new Client({ connectionString }).port
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_INVALID_URL' || error instanceof URIError)
      throw storeError('invalid_store', { got: `'${location}'` }, { cause: error })
    throw storeError('store_unavailable', { location, problem: asError(error).message }, { cause: error })
  }
  if (!(port >= 0 && port <= PORT_MAX))
    throw storeError('invalid_store', { got: `'${location}' with its port` })
}

const PORT_MAX = 65_535

/** Where a caller's own pool connects to. @throws MillhandError `invalid_schema`, `driver_missing` */
export async function addressOf(pool: Pool, schema?: string): Promise<Address> {
  const config = configOf(pool)
  const name = requireSchema(schema)
  const { connectionString, host = 'localhost', port, database = '' } = config
  const at = port === undefined ? host : `${host}:${port}`
  const shown =
    connectionString === undefined ? `postgres://${at}/${database}` : readPostgresUrl(connectionString).shown
  return { driver: await loadDriver(), config, schema: name, location: withSchema(shown, name) }
}

/** What concerns the pool alone, rather than its connections. */
const POOL_ALONE: ReadonlySet<string> = new Set([
  'max',
  'min',
  'log',
  'Promise',
  'Client',
  'verify',
  'onConnect',
  'idleTimeoutMillis',
  'allowExitOnIdle',
  'maxUses',
  'maxLifetimeSeconds',
])

/** A copy that a connection can be made with: a pool hides its secrets from whoever enumerates its options. */
function configOf({ options }: Pool): ClientConfig {
  const shown = Object.entries(options).filter(([name]) => !POOL_ALONE.has(name))
  const { password, ssl } = options
  return {
    ...Object.fromEntries(shown),
    ...(password !== undefined && { password }),
    ...(typeof ssl === 'object' && { ssl: { ...ssl, ...(ssl.key && { key: ssl.key }) } }),
  }
}

function withSchema(shown: string, schema: string): string {
  return schema === DEFAULT_SCHEMA ? shown : `${shown}?schema=${schema}`
}

function requireSchema(schema: string = DEFAULT_SCHEMA): string {
  if (isSchemaName(schema)) return schema
  throw storeError('invalid_schema', { got: preview(schema) })
}
