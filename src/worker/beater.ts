/** Something that extends a lease until it is stopped. */
export interface Beater {
  /**
   * Resolves when nothing keeps it from beating: there is a connection for a thread that connects to a server. Whoever claimed
   * before that would lose its jobs where there is none left for it.
   *
   * @throws MillhandError `too_many_connections`, `store_unavailable`
   */
  open(): Promise<void>
  start(): void
  stop(): Promise<void>
}
