import type { ClientConfig, Pool } from 'pg'
import { preview } from '../../kit/error.ts'
import { storeError } from '../errors.ts'

/** Where a store is: how to connect to it, and the schema that it is in. */
export interface Address {
  /** What a connection is made with: another thread makes its own. */
  readonly config: ClientConfig
  readonly schema: string
  /** Fit to be shown: no password in it. */
  readonly location: string
}

const DEFAULT_SCHEMA = 'millhand'

/** Short enough that what is named after it fits into the 63 bytes of a name. */
const SCHEMA = /^[A-Za-z_][A-Za-z0-9_]{0,49}$/

/** Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`; what else it says is for pg. @throws MillhandError `invalid_store` */
export function parseAddress(url: string, schema?: string): Address {
  const parsed = URL.parse(url)
  // A socket folder as a host, and other forms that only pg can read.
  if (!parsed)
    return { config: { connectionString: url }, schema: requireSchema(schema), location: 'postgres:' }
  const named = schema ?? parsed.searchParams.get('schema') ?? undefined
  parsed.searchParams.delete('schema')
  const name = requireSchema(named)
  return {
    config: { connectionString: parsed.href },
    schema: name,
    location: show(parsed.host, parsed.pathname.slice(1), name),
  }
}

/** Where a caller's own pool connects to. */
export function addressOf(pool: Pool, schema?: string): Address {
  const config = clientConfig(pool)
  const name = requireSchema(schema)
  const { connectionString, host = 'localhost', database = '' } = config
  const location =
    connectionString === undefined
      ? show(String(host), database, name)
      : parseAddress(connectionString, name).location
  return { config, schema: name, location }
}

/** What concerns the pool alone: it is not needed to connect, and some of it could not be sent to another thread. */
const OF_THE_POOL = ['Client', 'Promise', 'log', 'verify', 'onConnect']

/** What a pool's connections are made with; a pool hides the secrets among its options from whoever copies them. */
function clientConfig({ options }: Pool): ClientConfig {
  const { password, ssl } = options
  const shown = Object.entries(options).filter(([name]) => !OF_THE_POOL.includes(name))
  const key = typeof ssl === 'object' && ssl.key !== undefined && { ssl: { ...ssl, key: ssl.key } }
  return { ...Object.fromEntries(shown), ...(password !== undefined && { password }), ...key }
}

function show(host: string, database: string, schema: string): string {
  return `postgres://${host}/${database}${schema === DEFAULT_SCHEMA ? '' : `?schema=${schema}`}`
}

function requireSchema(schema: string = DEFAULT_SCHEMA): string {
  if (SCHEMA.test(schema)) return schema
  throw storeError('invalid_schema', { got: preview(schema) })
}
