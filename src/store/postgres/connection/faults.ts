import { readSafely } from '../../../kit/brand.ts'
import { asError, isMillhandError } from '../../../kit/error.ts'
import { isTransient, storeError, TransientError } from '../../errors.ts'
import { withRemedy } from './tls.ts'

/** SQLSTATE classes and codes (postgresql.org/docs/current/errcodes-appendix.html) that pass by themselves. */
const PASSING_CLASSES = [
  '08', // the connection failed
  '53', // too many connections, out of memory: the same statement fits in later
  '57', // the server stops, starts, or was told to end the connection
]
/** Of these, the ones that say that the server, or the connection to it, is gone. */
const AWAY = /^(08|57P|53300|26000|25P03)/
const PASSING_CODES: ReadonlySet<string> = new Set([
  '40001', // serialisation
  '40P01', // deadlock
  '55P03', // a lock was not to be had
  '25P03', // the process stood still in a transaction, and the server has ended its connection
  '26000', // a handler has deallocated what was prepared on the connection: another one has it
])

/** What Node and pg say of a connection that could not be made, or that broke. */
const PASSING_PROBLEMS =
  /ECONN|EPIPE|connect ENOENT|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Query read timeout/

/** Too many connections, for the server, the database or the role. */
export const CROWDED = '53300'
/** Nothing may be written there. */
const READ_ONLY = '25006'
const DISK_FULL = '53100'
const CANCELLED_BY_USER = '57014'

/** The privileges are missing, or the tables are. */
const DENIED = '42501'
const MISSING: ReadonlySet<string> = new Set(['42P01', '3F000', '42703'])
const UNAVAILABLE: ReadonlySet<string> = new Set(['28P01', '28000', '3D000'])

/** An earlier statement of the transaction failed: nothing but its end is accepted any more. */
export const ABORTED = '25P02'
const NO_URL =
  'its URL cannot be read. Escape what is special in the user or the password (encodeURIComponent)'
const POOL_ENDED = /Cannot use a pool after calling end/

/** What PostgreSQL or the connection to it threw, as an error of Millhand's: a passing one is tried again. */
export function translate(thrown: unknown, location: string): unknown {
  if (isTransient(thrown) || isMillhandError(thrown)) return thrown
  const code = sqlStateOf(thrown)
  const problem = withRemedy(thrown)
  if (code === 'ERR_INVALID_URL' && isOfStore(thrown))
    return storeError('store_unavailable', { location, problem: NO_URL }, { cause: thrown })
  if (POOL_ENDED.test(problem)) return storeError('store_closed', { location }, { cause: thrown })
  if (code === ABORTED) return storeError('transaction_aborted', { problem }, { cause: thrown })
  if (code === READ_ONLY) return readOnly(thrown, location)
  if (code === DISK_FULL) return storeError('store_full', { location }, { cause: thrown })
  if (code === DENIED || isMissing(thrown) || UNAVAILABLE.has(code)) {
    return storeError('store_unavailable', { location, problem }, { cause: thrown })
  }
  const away = isAway(thrown)
  if (!away && !isPassing(code)) return thrown
  // Several addresses that all refuse make an error without a message.
  return new TransientError(problem || code, { cause: thrown, away, crowded: code === CROWDED })
}

/** Whether the URL was that of the store, which pg hides in its error, and not one that somebody's handler reads. */
function isOfStore(thrown: unknown): boolean {
  return /REDACTED/.test(String(readSafely(thrown, 'input')))
}

/**
 * What kept a connection from being made: wrong options, a certificate that does not fit, a server that has no TLS. Nobody
 * has been asked anything, so that there is nothing that it could be but that.
 */
export function translateConnecting(thrown: unknown, location: string): unknown {
  const error = translate(thrown, location)
  if (isTransient(error) || isMillhandError(error)) return error
  return storeError('store_unavailable', { location, problem: withRemedy(error) }, { cause: error })
}

/**
 * Just after a failover it may be a standby that is about to be written, or a connection to the one that was: another
 * one is made, and it is tried again. Reads are answered meanwhile. If it stays, it was meant so.
 */
function readOnly(thrown: unknown, location: string): TransientError {
  const lasting = storeError('store_read_only', { location, server: true }, { cause: thrown })
  return new TransientError(asError(thrown).message, { cause: thrown, away: true, locked: true, lasting })
}

/** Whether there is no such schema, table or column. */
export function isMissing(thrown: unknown): boolean {
  return MISSING.has(sqlStateOf(thrown))
}

/** Whether the server was not reached, or the connection broke: what it was asked may have been done. */
function isAway(thrown: unknown): boolean {
  const code = sqlStateOf(thrown)
  return AWAY.test(code) || PASSING_PROBLEMS.test(`${code} ${asError(thrown).message}`)
}

function isPassing(code: string): boolean {
  return code === CANCELLED_BY_USER || PASSING_CODES.has(code) || PASSING_CLASSES.includes(code.slice(0, 2))
}

/** As deep as libraries wrap what the database threw. */
const DEPTH_MAX = 4

/** What Prisma documents of its error P2010. */
const RAW_QUERY_FAILED = /Raw query failed\. Code: `?(\w{5})\b/

/** The database's own code of an error: Drizzle keeps it in the cause, Prisma in the text. Empty where there is none. */
export function sqlStateOf(thrown: unknown, depth = 0): string {
  if (typeof thrown !== 'object' || thrown === null || depth === DEPTH_MAX) return ''
  const { code, cause, message } = thrown as { code?: unknown; cause?: unknown; message?: unknown }
  const [, told] = RAW_QUERY_FAILED.exec(String(message)) ?? []
  return told || sqlStateOf(cause, depth + 1) || (typeof code === 'string' ? code : '')
}
