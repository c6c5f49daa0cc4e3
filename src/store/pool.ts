/** What Millhand uses of a caller's pool: one of `pg`, of any version 8, fits. */
export interface PostgresPool {
  /** What it was made with. */
  readonly options: object
  /** How many connections it has. */
  readonly totalCount: number
  /** Lends a connection. */
  connect(): Promise<object>
  /** Sends one statement. */
  query(text: string): Promise<object>
  /** Closes it: that is left to the caller. */
  end(): Promise<void>
  /** Listens for connections that broke. */
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Listens no more. */
  off(event: 'error', listener: (error: Error) => void): unknown
}
