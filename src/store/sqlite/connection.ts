import { existsSync } from 'node:fs'
import type { StatementSync } from 'node:sqlite'
import { asError } from '../../kit/error.ts'
import { storeError, TransientError } from '../errors.ts'
import { primaryCode, SQLITE } from './file/codes.ts'
import { isTooLarge, withNumbers } from './file/large-numbers.ts'
import { DatabaseSync } from './file/node-sqlite.ts'
import { isReadOnly, mayBeRead, openDatabase } from './file/open.ts'
import { Place } from './file/place.ts'

/** What a value bound to a statement may be. */
export type Value = string | number | null

/**
 * How long SQLite itself waits for a lock, blocking the event loop: just long enough for another process to finish
 * the commit it is in. Longer waits are asynchronous (store/instrument.ts).
 */
const BUSY_TIMEOUT_MS = 2

/** Prepared statements that are kept: far more than Millhand has, but each combination of filters of a list is one more. */
const STATEMENTS_MAX = 200

interface ConnectionOptions {
  readonly busyTimeoutMs?: number
  /** Whether the file is made where there is none. Default true. */
  readonly create?: boolean
}

/** Of the class, and not of the object: a handler has that in its hands, and may have put anything in their place. */
const OWN = DatabaseSync.prototype

/** One connection to the file, its prepared statements, and transactions with a say in how durable they are. */
export class Connection {
  readonly file: string
  readonly #opening: { readonly timeout: number; readonly create: boolean }
  #db: DatabaseSync
  #unchanging: boolean
  #place: Place
  readonly #statements = new Map<string, StatementSync>()
  #durable: boolean | undefined

  /** @throws MillhandError `store_unavailable`, `store_corrupt`, `store_read_only`, `store_unreadable` */
  constructor(file: string, { busyTimeoutMs = BUSY_TIMEOUT_MS, create = true }: ConnectionOptions = {}) {
    this.file = file
    this.#opening = { timeout: busyTimeoutMs, create }
    const { db, unchanging } = this.#open()
    this.#db = db
    this.#unchanging = unchanging
    this.#place = new Place(file)
  }

  get db(): DatabaseSync {
    return this.#db
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.guard(() => this.#read(sql, (statement) => statement.all(...values) as Row[]))
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.guard(() => this.#read(sql, (statement) => statement.get(...values) as Row | undefined))
  }

  /**
   * The rows, each as the list of its values. With names, `node:sqlite` makes a hash table of every row: of twenty
   * columns it takes three times as long and 1 KB. Node 22 knows only those.
   */
  *lists(sql: string, ...values: Value[]): Generator<Value[], void> {
    const statement = this.prepare(sql)
    if ('setReturnArrays' in statement) statement.setReturnArrays(true)
    for (const row of statement.iterate(...values))
      yield (Array.isArray(row) ? row : Object.values(row)) as Value[]
  }

  /** The same, all at once: two thirds of the time where all are wanted. */
  allLists(sql: string, ...values: Value[]): Value[][] {
    return this.guard(() => {
      if (!('setReturnArrays' in this.prepare(sql))) return [...this.lists(sql, ...values)]
      return this.#read(sql, (statement) => {
        statement.setReturnArrays(true)
        return statement.all(...values) as unknown as Value[][]
      })
    })
  }

  /** Reads with a statement; once more, and in another way, where somebody has edited in a number that is too large. */
  #read<Result>(sql: string, read: (statement: StatementSync) => Result): Result {
    const statement = this.prepare(sql)
    try {
      return read(statement)
    } catch (error) {
      if (!isTooLarge(error) || /\breturning\b/i.test(sql)) throw error
      statement.setReadBigInts(true)
      try {
        return withNumbers(read(statement))
      } finally {
        statement.setReadBigInts(false)
      }
    }
  }

  /** How many rows the statement changed. */
  run(sql: string, ...values: Value[]): number {
    try {
      return Number(this.prepare(sql).run(...values).changes)
    } catch (error) {
      throw this.#translate(error)
    }
  }

  /** A prepared statement; prepared once for each text. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = OWN.prepare.call(this.db, sql)
      this.#keep(sql, statement)
    }
    return statement
  }

  /** The oldest goes: if it is one of those that are always needed, it is prepared anew, once in so many others. */
  #keep(sql: string, statement: StatementSync): void {
    const [oldest] = this.#statements.keys()
    if (oldest !== undefined && this.#statements.size >= STATEMENTS_MAX) this.#statements.delete(oldest)
    this.#statements.set(sql, statement)
  }

  /**
   * Runs `body` in one transaction. `durable` ones are on the disk when this returns; the others may be undone by a
   * power cut (never by a crash of the process), which for a claim or a beat only means that it happens again.
   */
  write<Result>(durable: boolean, body: () => Result): Result {
    this.begin(durable)
    try {
      const result = body()
      this.commit()
      return result
    } catch (error) {
      this.rollback()
      throw this.#translate(error)
    }
  }

  /** Runs `body`, which is one statement that writes: a transaction by itself. */
  writeAlone<Result>(durable: boolean, body: () => Result): Result {
    this.#beAs(durable)
    const result = this.guard(body)
    this.requireInPlace()
    return result
  }

  /** Runs `body` as a part of the open transaction that is undone alone when it throws. */
  nested<Result>(body: () => Result): Result {
    this.run('savepoint millhand')
    try {
      return body()
    } catch (error) {
      this.run('rollback to millhand')
      throw this.#translate(error)
    } finally {
      this.run('release millhand')
    }
  }

  begin(durable: boolean): void {
    this.#beAs(durable)
    this.run('begin immediate')
  }

  #beAs(durable: boolean): void {
    if (this.#durable === durable) return
    this.guard(() => OWN.exec.call(this.db, `pragma synchronous = ${durable ? 'full' : 'normal'}`))
    this.#durable = durable
  }

  /** What was written into a file that nobody can open any more is not acknowledged. @throws MillhandError `store_replaced` */
  commit(): void {
    this.run('commit')
    this.requireInPlace()
  }

  /** @throws MillhandError `store_replaced` */
  requireInPlace(): void {
    if (this.#place.isSame()) return
    if (!this.#unchanging) throw storeError('store_replaced', { location: this.file })
    this.#reopen()
    throw new TransientError('the file was read as it stood, and somebody has begun to write it')
  }

  rollback(): void {
    if (this.db.isOpen && this.db.isTransaction) OWN.exec.call(this.db, 'rollback')
  }

  close(): void {
    this.#statements.clear()
    if (this.db.isOpen) OWN.close.call(this.db)
  }

  #open() {
    return this.guard(() => openDatabase(this.file, this.#opening))
  }

  #reopen(): void {
    this.close()
    const { db, unchanging } = this.#open()
    this.#db = db
    this.#unchanging = unchanging
    this.#place = new Place(this.file)
  }

  /** Runs `body` and turns what SQLite throws into Millhand's errors. */
  guard<Result>(body: () => Result): Result {
    try {
      return body()
    } catch (error) {
      throw this.#translate(error)
    }
  }

  #translate(error: unknown): unknown {
    const location = this.file
    const problem = asError(error).message
    switch (primaryCode(error)) {
      case undefined:
        return error
      case SQLITE.busy:
      case SQLITE.locked:
        return new TransientError(problem, { cause: error, locked: true })
      case SQLITE.readonly:
        return storeError('store_read_only', { location }, { cause: error })
      case SQLITE.full:
        return storeError('store_full', { location }, { cause: error })
      case SQLITE.ioError:
      case SQLITE.cannotOpen:
        if (!mayBeRead(location)) return storeError('store_unreadable', { location }, { cause: error })
        if (isReadOnly(location)) return readOnly(location, error)
        return storeError('store_unavailable', { location, problem }, { cause: error })
      case SQLITE.corrupt:
      case SQLITE.notADatabase:
        return storeError('store_corrupt', { location, problem }, { cause: error })
      default:
        return error
    }
  }
}

function readOnly(location: string, cause: unknown): Error {
  const missing = existsSync(location) ? {} : { missing: true }
  return storeError('store_read_only', { location, ...missing }, { cause })
}
