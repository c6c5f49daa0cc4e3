import { type Clock, within } from '../../kit/clock.ts'
import { storeError, TransientError } from '../errors.ts'
import { Room } from '../room.ts'
import type { Connection } from './connection.ts'
import { type KnownTime, StoreTime } from './file/store-time.ts'
import { OwnWrites } from './own-writes.ts'
import { Transactions } from './transaction.ts'

/** How long one write waits for a caller's transaction before it counts as refused. */
const TURN_MS = 1_000

type Body<Result> = (connection: Connection, nowMs: number) => Result

/** How the roles get at the file: reads, and writes in one transaction each, after those of the callers. */
export class StoreAccess {
  readonly connection: Connection
  readonly transactions: Transactions
  readonly room = new Room()
  readonly ownWrites = new OwnWrites()
  readonly #time: StoreTime
  #closed = false

  constructor(connection: Connection, clock: Clock, closeWaitMs?: number) {
    this.connection = connection
    this.#time = new StoreTime(clock)
    const { file } = connection
    const { room } = this
    // While one is open, it holds the lock: nobody moves the time.
    this.transactions = new Transactions({ file, room, now: this.now, closeWaitMs })
  }

  /** Reads with the time, which is one more statement. @throws MillhandError `store_replaced` */
  readonly readAt = <Result>(body: Body<Result>): Promise<Result> =>
    this.read((connection) => body(connection, this.now()))

  /** The time, for a look that does not always need it. */
  readonly now = (): number => this.#time.forRead(this.connection)

  /**
   * Reads; what it sees is consistent within one statement. Where the wall clock was set, the file follows it before: what is read
   * then is moved already. @throws MillhandError `store_replaced`
   */
  readonly read = async <Result>(body: (connection: Connection) => Result): Promise<Result> => {
    this.requireOpen()
    const { connection } = this
    const result = connection.guard(() => {
      if (!this.#time.asKnown()) this.now()
      return body(connection)
    })
    // What is read in a file that nobody else can open will never change: whoever waits would do so for ever.
    connection.requireInPlace()
    return result
  }

  /** Writes what must survive a power cut. */
  readonly durably = <Result>(body: Body<Result>): Promise<Result> => this.#write(true, body)

  /** Writes what would only be done again after a power cut: claims, beats, progress. */
  readonly lightly = <Result>(body: Body<Result>): Promise<Result> => this.#write(false, body)

  /** @throws MillhandError `store_closed` */
  requireOpen(): void {
    if (this.#closed) throw storeError('store_closed', { location: this.connection.file })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.transactions.close()
    this.connection.close()
  }

  /**
   * Writes as `lightly` does, by one statement that says itself whether the time still holds (`anchorHolds`), without a
   * transaction around it: four statements less. Where it does not, or gives nothing for another reason, `otherwise` follows in one.
   */
  readonly inOneStatement = <Result>(
    statement: (connection: Connection, time: KnownTime) => Result | undefined,
    otherwise: Body<Result>,
  ): Promise<Result> =>
    this.#inTurn((connection) => {
      const time = this.#time.asKnown()
      const written = time && connection.writeAlone(false, () => statement(connection, time))
      return written ?? this.#inTransaction(false, otherwise)
    })

  #write<Result>(durable: boolean, body: Body<Result>): Promise<Result> {
    return this.#inTurn(() => this.#inTransaction(durable, body))
  }

  #inTransaction<Result>(durable: boolean, body: Body<Result>): Result {
    const { connection } = this
    return connection.write(durable, () => body(connection, this.#time.forWrite(connection)))
  }

  async #inTurn<Result>(write: (connection: Connection) => Result): Promise<Result> {
    if (this.transactions.idle()) await this.#turn()
    this.requireOpen()
    this.ownWrites.addOther()
    return write(this.connection)
  }

  /**
   * Waits until no caller's own transaction is open in this process: a write would only be refused as busy. One that
   * stays open is reported as that, so that the wait has the bound of every other (`busyTimeout`).
   */
  async #turn(): Promise<void> {
    for (let wait = this.transactions.idle(); wait; wait = this.transactions.idle()) {
      await within(TURN_MS, wait)
      if (this.transactions.idle() === wait)
        throw new TransientError('a transaction of this process is open', { locked: true })
    }
  }
}
