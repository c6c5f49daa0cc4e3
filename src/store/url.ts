import { preview } from '../kit/error.ts'
import { withoutPassword } from '../kit/secrets.ts'
import { suggest } from '../kit/suggest.ts'

/** The kinds of store, as their URLs name them. */
type StoreKind = 'memory' | 'sqlite' | 'postgres'

/** Which kind of store a URL names; `undefined` where it names none. */
export function kindOf(url: unknown): StoreKind | undefined {
  if (url === 'memory:') return 'memory'
  // No system takes a NUL in the name of a file, nor PostgreSQL in anything that a connection begins with.
  if (typeof url !== 'string' || url.includes('\0')) return undefined
  if (/^sqlite:./.test(url)) return meantBy(url) === undefined ? 'sqlite' : undefined
  return /^postgres(ql)?:\/\/./.test(url) && !url.includes('%00') ? 'postgres' : undefined
}

/** Forms that others take, each with what is meant here: as the name of a file, they would make one where nobody looks. */
const FOREIGN_FORMS: readonly (readonly [RegExp, string])[] = [
  [
    /^sqlite:\/\/(?!\/)/,
    "write 'sqlite:FILE' without the slashes, such as 'sqlite:library.db' or 'sqlite:/srv/library.db'.",
  ],
  [/^memory$/, "write 'memory:'."],
  [/^(?:sqlite:)?:memory:/, "write 'memory:'."],
  [/^file:/, "write 'sqlite:FILE', such as 'sqlite:library.db'."],
  [/^[^:]+\.(?:db3?|sqlite3?)$/i, "write 'sqlite:' before the name of the file."],
  [/^rediss?:/, 'there is no store on Redis: a SQLite file, or PostgreSQL.'],
  [/^(?:mysql|mariadb)\d?:/, 'there is no store on MySQL: a SQLite file, or PostgreSQL.'],
  [/^mongodb(?:\+srv)?:/, 'there is no store on MongoDB: a SQLite file, or PostgreSQL.'],
  [/^sqlite:~\//, "'~' is not read here; write the path out."],
  [/^sqlite:[^?]*\?(?:mode|cache|vfs|immutable)=/, 'a SQLite URL has no options.'],
]

/** What is to be written in place of a form that others take; `undefined` where it is none of those. */
export function meantBy(url: unknown): string | undefined {
  return typeof url === 'string' ? FOREIGN_FORMS.find(([form]) => form.test(url))?.[1] : undefined
}

/** What a URL of PostgreSQL may say behind its `?`: Millhand's own, pg's, and what libraries beside it read there. */
const POSTGRES_OPTIONS: ReadonlySet<string> = new Set(
  `schema host port user password database db dbname ssl sslmode sslcert sslkey sslrootcert sslpassword sslcrl sslsni
  sslnegotiation uselibpqcompat encoding client_encoding application_name fallback_application_name options
  statement_timeout lock_timeout query_timeout connect_timeout connectionTimeoutMillis idleTimeoutMillis
  idle_in_transaction_session_timeout keepalives keepAlive keepAliveInitialDelayMillis binary parseInputDatesAsUTC
  max min target_session_attrs load_balance_hosts channel_binding gssencmode krbsrvname replication pgbouncer
  connection_limit pool_timeout socket_timeout sslidentity sslaccept schema_search_path search_path timezone
  stringtype prepareThreshold`.split(/\s+/),
)

/** What ends the name of the server, in what stands before the last @ of a URL: it is of a password, then. */
const UNESCAPED = /^[a-z]+:\/\/[^?]*[/#][^?]*@/i

/**
 * A slip in an option, which pg passes over: the jobs would be in another schema, or the connection not encrypted. Or a
 * password that is not escaped: a piece of it would be taken for the server, and told to whoever looks that up.
 */
export function slipIn(url: string): string | undefined {
  if (UNESCAPED.test(url))
    return "its user or password has a '/' or a '#' in it. Escape them: encodeURIComponent(password)."
  for (const name of new URLSearchParams(url.split('?').slice(1).join('?')).keys()) {
    const meant = POSTGRES_OPTIONS.has(name) ? undefined : suggest(name, POSTGRES_OPTIONS)
    if (meant !== undefined) return `it has no option ${preview(name)}. Did you mean '${meant}'?`
  }
  return undefined
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
