import pg from 'pg'

/** In a URL: what is connected by it serves the next store of this process. pg passes over it, and nobody is shown it. */
const MARK = 'fallback_application_name=kept'

/** More than the stores of one test have at a time. Of more, those are ended that nobody has asked for the longest. */
const PARKED_MAX = 20

/** What is said of a connection of the store's own pool: one of which more is said may not be the same to everybody. */
const PLAIN: ReadonlySet<string> = new Set([
  ...['connectionString', 'connectionTimeoutMillis', 'keepAlive', 'keepAliveInitialDelayMillis'],
  ...['application_name', 'max', 'min', 'maxUses', 'maxLifetimeSeconds', 'idleTimeoutMillis'],
  ...['allowExitOnIdle', 'onConnect', 'Client'],
])

/** All that a test may have left on its connection, but for what it has prepared. */
const CLEANSE = `close all; unlisten *; reset session authorization; reset all; discard temp; discard sequences;
  select pg_advisory_unlock_all()`

/** What the clients of pg have, though its types do not say so. */
interface Inside {
  readonly _queryable: boolean
  readonly _activeQuery: unknown
  readonly _queryQueue: readonly unknown[]
  ref(): void
  unref(): void
}

const parked: KeptClient[] = []

/** A connection that is not ended with its pool, but parked for the next one. */
class KeptClient extends pg.Client {
  readonly to: string | undefined
  readonly #symbols: number
  #isConnected = false

  constructor(config: pg.PoolConfig) {
    super(config)
    this.to = config.connectionString
    this.#symbols = Object.getOwnPropertySymbols(this).length
  }

  /** As pools call it. */
  override connect(onConnected?: unknown): Promise<this> {
    if (this.#isConnected) process.nextTick(onConnected as () => void)
    else super.connect(onConnected as () => void)
    this.#isConnected = true
    return Promise.resolve(this)
  }

  override end(onEnd: unknown = () => {}): Promise<void> {
    if (parked.includes(this)) return Promise.resolve()
    if (!this.#isClean) return Promise.resolve(super.end(onEnd as () => void))
    this.#park()
    process.nextTick(onEnd as () => void)
    return Promise.resolve()
  }

  take(): this {
    this.removeAllListeners()
    this.#inside.ref()
    return this
  }

  get #inside(): Inside {
    return this as unknown as Inside
  }

  /** Whether whoever has it next will find it as if it were new: a client that a handler has changed has a mark of that. */
  get #isClean(): boolean {
    const { _queryable, _activeQuery, _queryQueue } = this.#inside
    const isIdle = _queryable && !_activeQuery && _queryQueue.length === 0
    const isChanged = Object.getOwnPropertySymbols(this).length > this.#symbols
    return isIdle && this.getTransactionStatus() === 'I' && !isChanged
  }

  #park(): void {
    this.removeAllListeners()
    this.on('error', () => this.drop())
    this.#inside.unref()
    parked.push(this)
    if (parked.length > PARKED_MAX) parked[0]?.drop()
    this.query(CLEANSE).catch(() => this.drop())
  }

  drop(): void {
    const place = parked.indexOf(this)
    if (place >= 0) parked.splice(place, 1)
    super.end().catch(() => {})
  }
}

const Lent = new Proxy(KeptClient, {
  construct(target, [config]: [pg.PoolConfig]) {
    const place = parked.findLastIndex(({ to }) => to === config.connectionString)
    return parked.splice(place, place < 0 ? 0 : 1)[0]?.take() ?? new target(config)
  },
})

/**
 * From now on stores of this process that are opened with `kept` URLs have the connections of those before them. A new
 * one knows no statement: to plan those of a store takes longer than most tests do with them.
 */
export function keepConnections(): void {
  const { Pool } = pg
  pg.Pool = class extends Pool {
    constructor(config: pg.PoolConfig = {}) {
      super(isKept(config) ? { ...config, Client: Lent as never } : config)
    }
  }
}

function isKept(config: pg.PoolConfig): boolean {
  const isMarked = config.connectionString?.includes(MARK) === true
  return isMarked && Object.keys(config).every((name) => PLAIN.has(name))
}

export function kept(url: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${MARK}`
}
