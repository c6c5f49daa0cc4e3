import { withoutPassword } from '../kit/secrets.ts'

/** The kinds of store, as their URLs name them. */
type StoreKind = 'memory' | 'sqlite' | 'postgres'

/** Which kind of store a URL names; `undefined` where it names none. */
export function kindOf(url: unknown): StoreKind | undefined {
  if (url === 'memory:') return 'memory'
  // No system takes a NUL in the name of a file, nor PostgreSQL in anything that a connection begins with.
  if (typeof url !== 'string' || url.includes('\0')) return undefined
  if (/^sqlite:./.test(url)) return 'sqlite'
  return /^postgres(ql)?:\/\/./.test(url) && !url.includes('%00') ? 'postgres' : undefined
}

/** `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME&…`, taken apart. */
interface PostgresUrl {
  /** What pg is given: everything but the schema. */
  readonly connection: string
  readonly schema: string | undefined
  /** Fit to be shown: neither the user with the password, nor options, which may hold one too. */
  readonly shown: string
}

/** By its text: pg also reads forms that are no URL for others, such as one without a host. */
export function readPostgresUrl(url: string): PostgresUrl {
  const [base = '', ...rest] = url.split('?')
  const query = rest.join('?')
  const params = new URLSearchParams(query)
  const schema = params.get('schema') ?? undefined
  params.delete('schema')
  // What needs no change stays as it was written.
  const others = schema === undefined ? query : params.toString()
  const connection = others === '' ? base : `${base}?${others}`
  return { connection, schema, shown: shownBase(base, query) }
}

/** The URL of the same store in another schema. */
export function inSchema(url: string, schema: string): string {
  const { connection } = readPostgresUrl(url)
  return `${connection}${connection.includes('?') ? '&' : '?'}schema=${encodeURIComponent(schema)}`
}

/** A host, a port and a database, and nothing that could be a part of a password. */
const PLAIN = /^[a-z]+:\/\/(?:\[[^\]]+\]|[^:@/[\]]*)(?::\d+)?(?:\/[^@]*)?$/

/** A password that ought to be escaped and is not may reach into the path, or into the query. */
function shownBase(base: string, query: string): string {
  const shown = withoutPassword(base.replace(/^([a-z]+:\/\/).*@/s, '$1'))
  return PLAIN.test(shown) && !query.includes('@') ? shown : 'postgres://…'
}

/** Short enough that what is named after it fits into the 63 bytes of a name. */
export function isSchemaName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,49}$/.test(name)
}

export const DEFAULT_SCHEMA = 'millhand'
