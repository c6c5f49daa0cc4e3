import { asError } from '../../kit/error.ts'
import { storeError, TransientError } from '../errors.ts'

/** SQLSTATE classes and codes (postgresql.org/docs/current/errcodes-appendix.html) that pass by themselves. */
const PASSING_CLASSES = [
  '08', // the connection failed
  '53', // too many connections, out of memory: the same statement fits in later
  '57', // the server stops, starts, or was told to end the connection
]
/** Of these, the ones that say that the server, or the connection to it, is gone. */
const AWAY = /^(08|57P|53300|25006)/
const PASSING_CODES: ReadonlySet<string> = new Set([
  '40001', // serialisation
  '40P01', // deadlock
  '55P03', // a lock was not to be had
  '25006', // read-only: a standby, just after a failover
])

/** What Node and pg say of a connection that could not be made, or that broke. */
const PASSING_PROBLEMS =
  /ECONN|EPIPE|connect ENOENT|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable|Query read timeout/

const DISK_FULL = '53100'
const CANCELLED_BY_USER = '57014'

/** The privileges are missing, or the tables are. */
const DENIED = '42501'
const MISSING: ReadonlySet<string> = new Set(['42P01', '3F000', '42703'])
const UNAVAILABLE: ReadonlySet<string> = new Set(['28P01', '28000', '3D000'])

/** What PostgreSQL or the connection to it threw, as an error of Millhand's: a passing one is tried again. */
export function translate(thrown: unknown, location: string): unknown {
  const code = codeOf(thrown)
  const problem = asError(thrown).message
  if (code === DISK_FULL) return storeError('store_full', { location }, { cause: thrown })
  if (code === DENIED || MISSING.has(code) || UNAVAILABLE.has(code)) {
    return storeError('store_unavailable', { location, problem }, { cause: thrown })
  }
  const away = isAway(thrown)
  if (!away && !isPassing(code)) return thrown
  // Several addresses that all refuse make an error without a message.
  return new TransientError(problem || code, { cause: thrown, away })
}

/** Whether the server was not reached, or the connection broke: what it was asked may have been done. */
function isAway(thrown: unknown): boolean {
  const code = codeOf(thrown)
  return AWAY.test(code) || PASSING_PROBLEMS.test(`${code} ${asError(thrown).message}`)
}

function isPassing(code: string): boolean {
  return code === CANCELLED_BY_USER || PASSING_CODES.has(code) || PASSING_CLASSES.includes(code.slice(0, 2))
}

function codeOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}
