import { hasBrand } from '../kit/brand.ts'
import { errorFactory } from '../kit/error.ts'

/** What can be wrong with a store. `transient` ones are tried again by the instrument before anybody sees them. */
export const storeErrors = {
  invalid_store: (facts: { got: string; mend?: string | undefined }) =>
    `${facts.got} is not a store: ` +
    (facts.mend ?? "expected 'sqlite:FILE', 'postgres://USER:PASSWORD@HOST/DATABASE' or 'memory:'."),
  invalid_schema: (facts: { got: string }) =>
    `The schema ${facts.got} is not valid: expected 1 to 50 letters, digits and _, not starting with a digit.`,
  driver_missing: (facts: { package: string }) =>
    `PostgreSQL needs the package '${facts.package}', which is not installed here. Run 'npm install ${facts.package}'.`,
  store_busy: (facts: { location: string; waitedMs: number; option?: 'openTimeout' }) =>
    `The database ${facts.location} was locked or away for ${facts.waitedMs} ms. ` +
    "Find what holds a transaction open on it or why it cannot be reached ('millhand doctor'), " +
    `or give it longer with ${facts.option ?? 'busyTimeout'}.`,
  too_many_connections: (facts: { location: string; problem: string }) =>
    `The server of ${facts.location} has no connection left: ${facts.problem}. A worker needs two, and takes up to eleven. ` +
    'Run fewer processes, raise max_connections, or put a pooler before it (docs/postgres.md).',
  store_read_only: (facts: { location: string; server?: boolean; missing?: boolean }) => {
    if (facts.missing)
      return `The database ${facts.location} is not there, and cannot be made: its folder is read-only. Change the permissions of that, or name another file.`
    const why = facts.server
      ? 'the server is a standby, or read-only by default_transaction_read_only. Name the primary, or let it be written'
      : 'the file, its folder or its file system is read-only. Change its permissions or use another file'
    return `The database ${facts.location} cannot be written: ${why}; looking at it works. 'millhand doctor' says more.`
  },
  store_unreadable: (facts: { location: string }) =>
    `The database ${facts.location} may not be read: it, or a folder that it is in, gives this process no right to. ` +
    'Run as its owner, change the permissions, or use another file.',
  store_replaced: (facts: { location: string }) =>
    `The file ${facts.location}, or the -wal or -shm beside it, was deleted, moved or replaced while this process had it open: what it writes would be lost. ` +
    "Put the files back, or start this process again to use what is there now; 'millhand doctor' names others that have it open.",
  store_full: (facts: { location: string }) =>
    `The disk of ${facts.location} is full. Free some space or run 'millhand prune'; nothing that was acknowledged is lost.`,
  store_refused: (facts: { location: string; problem: string }) =>
    `The database ${facts.location} refused what was to be written: ${facts.problem}. Nothing of it was stored; ` +
    'mend what the message names, and look whether somebody has added constraints or triggers to the tables.',
  store_unavailable: (facts: { location: string; problem: string }) =>
    `The database ${facts.location} cannot be used: ${facts.problem}. 'millhand doctor' looks for what is wrong with it.`,
  store_corrupt: (facts: { location: string; problem: string }) =>
    `${facts.location} is not a usable SQLite database: ${facts.problem}. Restore it from a backup or use another file.`,
  store_newer: (facts: { location: string; version: number; known: number }) =>
    `The database ${facts.location} is of schema version ${facts.version}, this Millhand knows up to ${facts.known}. Upgrade Millhand here.`,
  store_older: (facts: { location: string; version: number; needed: number }) =>
    `The database ${facts.location} is of schema version ${facts.version}, this Millhand needs ${facts.needed}. ` +
    "Run 'millhand migrate' on it, or open it without 'migrate: false'.",
  migration_failed: (facts: { location: string; name: string; problem: string }) =>
    `Migration ${facts.name} of ${facts.location} failed: ${facts.problem}. It is not recorded and will be tried again. ` +
    "Mend that, or run 'millhand migrate' as a role that owns the schema.",
  store_closed: (facts: { location: string }) =>
    `The queue on ${facts.location} is closed, or its pool was ended. Open it again with openQueue; where it was closed right after the call, put 'await' before the call.`,
  transaction_lost: (facts: { location: string; problem: string }) =>
    `A transaction on ${facts.location} was lost: ${facts.problem}. It was rolled back, unless it was being committed just then. ` +
    'Look whether its writes are there before you run it again; the job of a ctx.transaction runs again only if they are not.',
  foreign_queue: (facts: { component: string; version: string; own: string }) =>
    `${facts.component}: the queue is of another copy of Millhand, of version ${facts.version}; this one is ${facts.own}. ` +
    "Two copies are installed: 'npm ls millhand' shows who brings them. Bring them to one version, or take both from one.",
  not_supported: (facts: { what: string; store: string; instead: string }) =>
    `${facts.what} is not supported by the ${facts.store} store. ${facts.instead}`,
  inside_transaction: (facts: { what: string }) =>
    `${facts.what} would wait for the transaction that it was called in. Pass it on as { tx } where that is an option, or call it after the transaction.`,
  foreign_transaction: (facts: { store: string; problem?: string }) =>
    `'tx' is not a transaction of this ${facts.store} store${facts.problem ? `: ${facts.problem}` : ''}. ` +
    `Pass what queue.transaction or ctx.transaction gave, while it is open${facts.store === 'postgres' ? ', or a client of pg that has begun one' : ''}.`,
  transaction_aborted: (facts: { problem: string }) =>
    `A statement failed in the transaction (${facts.problem}), and the database has undone all of it: nothing is committed. ` +
    "Let the error through, or put what may fail between 'savepoint' and 'rollback to savepoint'.",
  transaction_control: (facts: { statement: string }) =>
    `'${facts.statement}' would begin or end a transaction inside of one that Millhand begins and ends. ` +
    "Throw to roll it back; use 'savepoint' for a part of it.",
} as const

export const storeError = errorFactory(storeErrors)

const TRANSIENT_ERROR: unique symbol = Symbol.for('millhand.transient-error')

/** Errors that go away by themselves: the statement may be tried again as it was. */
export function isTransient(error: unknown): error is TransientError {
  return hasBrand(error, TRANSIENT_ERROR)
}

type Hindrance = Pick<TransientError, 'away' | 'locked' | 'crowded' | 'lasting'>

/** A store raises this when nothing was written and the same call may succeed later. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
  /** The store could not be reached, or the connection broke: nobody else may have got through either. */
  readonly away: boolean
  /** Reads are answered, but nobody can write: somebody holds the lock that every write needs. */
  readonly locked: boolean
  /** It takes no more connections at the moment. */
  readonly crowded: boolean
  /** What it is when it does not pass, where that is something else than a busy store. */
  readonly lasting: Error | undefined

  constructor(
    message: string,
    {
      away = false,
      locked = false,
      crowded = false,
      lasting,
      ...options
    }: ErrorOptions & Partial<Hindrance> = {},
  ) {
    super(message, options)
    this.away = away
    this.locked = locked
    this.lasting = lasting
    this.crowded = crowded
  }

  get [TRANSIENT_ERROR](): number {
    return 1
  }
}
