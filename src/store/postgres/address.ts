import type { ClientConfig, Pool } from 'pg'
import { preview } from '../../kit/error.ts'
import { storeError } from '../errors.ts'
import { DEFAULT_SCHEMA, isSchemaName, readPostgresUrl } from '../url.ts'

/** Where a store is: how to connect to it, and the schema that it is in. */
export interface Address {
  /** What a connection is made with: another thread makes its own. */
  readonly config: ClientConfig
  readonly schema: string
  /** Fit to be shown: no password in it. */
  readonly location: string
}

/** Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`; what else it says is for pg. @throws MillhandError `invalid_schema` */
export function parseAddress(url: string, schema?: string): Address {
  const { connection, schema: named, shown } = readPostgresUrl(url)
  const name = requireSchema(schema ?? named)
  return { config: { connectionString: connection }, schema: name, location: withSchema(shown, name) }
}

/** Where a caller's own pool connects to. */
export function addressOf(pool: Pool, schema?: string): Address {
  const config = optionsOf(pool)
  const name = requireSchema(schema)
  const { connectionString, host = 'localhost', port, database = '' } = config
  const at = port === undefined ? host : `${host}:${port}`
  const shown =
    connectionString === undefined ? `postgres://${at}/${database}` : readPostgresUrl(connectionString).shown
  return { config, schema: name, location: withSchema(shown, name) }
}

/** What a connection is made with, of all that a pool may have been given. */
const CONNECTING = [
  'connectionString',
  'host',
  'port',
  'user',
  'password',
  'database',
  'ssl',
  'sslnegotiation',
  'options',
  'client_encoding',
] as const

/** The options for another thread; `null` where a part of them is code, which cannot go there. */
export function portable({ config }: Address): ClientConfig | null {
  const tls = typeof config.ssl === 'object' ? Object.values(config.ssl) : []
  const isCode = [config.password, config.stream, ...tls].some((value) => typeof value === 'function')
  if (isCode) return null
  return Object.fromEntries(CONNECTING.flatMap((name) => (name in config ? [[name, config[name]]] : [])))
}

/** A pool hides its secrets from whoever lists its options; a connection beside it needs them all the same. */
function optionsOf({ options }: Pool): ClientConfig {
  const { ssl, password } = options
  return { ...options, password, ssl: typeof ssl === 'object' ? { ...ssl, key: ssl.key } : ssl }
}

function withSchema(shown: string, schema: string): string {
  return schema === DEFAULT_SCHEMA ? shown : `${shown}?schema=${schema}`
}

function requireSchema(schema: string = DEFAULT_SCHEMA): string {
  if (isSchemaName(schema)) return schema
  throw storeError('invalid_schema', { got: preview(schema) })
}
