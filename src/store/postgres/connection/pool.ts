import type { Client, ClientBase, Pool } from 'pg'
import type { Address } from './address.ts'
import { CROWDED } from './faults.ts'

/** Connections for statements and transactions, the one for notices among them; one for the beat comes to that. */
const CONNECTIONS_MAX = 10
/** One that nobody needed for so long is closed: others may need it. */
const IDLE_MS = 5_000
/** A server that does not answer for so long is taken for gone: the call is tried again. */
export const CONNECT_TIMEOUT_MS = 5_000
/** A connection on which nothing comes is probed after this: the other end may have gone without a word. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const

/**
 * The hot statements are prepared, and their plans kept: to make one takes longer than to run it. Left to itself, the
 * server plans a claim anew each time once the tables are analyzed, since that looks cheaper to it. A plan that was made
 * while a table was empty has to be right when it holds a million rows, so that none may read a table whole. To
 * compile a plan would cost more than any of these statements.
 */
export const SETTINGS = 'set enable_seqscan = off; set jit = off; set plan_cache_mode = force_generic_plan'

/**
 * Where more than this share of a server's connections is in use, the rest is for who has none: for the beats and the
 * first connections of other processes, and for people.
 */
const MODEST_SHARE = 0.8
const IS_CROWDED = `select (select sum(numbackends) from pg_stat_database) > ${MODEST_SHARE} * (
  current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer) as crowded`

interface PoolSettings {
  /** Whether connections keep what is set on them. */
  readonly sessions: boolean
  /** Whether the process has a connection beside those that are idle: it can do without another one. */
  readonly isModest: () => boolean
}

export function openPool({ driver, config }: Address, { sessions, isModest }: PoolSettings): Pool {
  const prepared = new WeakSet<ClientBase>()
  const onConnect = (client: ClientBase) => {
    prepared.add(client)
    return prepare(client, isModest())
  }
  const pool = new driver.Pool({
    max: CONNECTIONS_MAX,
    idleTimeoutMillis: IDLE_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A script that has done its work ends, whether or not it has closed its queue.
    allowExitOnIdle: true,
    ...KEEP_ALIVE,
    application_name: 'millhand',
    ...(sessions && { onConnect }),
    ...config,
  })
  // The pools of pg before 8.20 do not call it. What is sent here goes before whatever the connection is lent for.
  if (sessions)
    pool.on('connect', (client) => {
      if (!prepared.has(client)) client.query(SETTINGS).catch(() => {})
    })
  return pool
}

/** One that is in no pool, and whose statements end after `answerMs`. */
export async function connectBeside({ driver, config }: Address, answerMs: number): Promise<Client> {
  const client = new driver.Client({
    ...KEEP_ALIVE,
    application_name: 'millhand',
    ...config,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
  })
  // Whoever it is for hears of it when it ends.
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (error) {
    client.end().catch(() => {})
    throw error
  }
}

/** A modest process gives up the connection where few are left, as if the server had refused it. */
async function prepare(client: ClientBase, modest: boolean): Promise<void> {
  await client.query(SETTINGS)
  if (!modest) return
  const { rows } = await client.query<{ crowded: boolean }>(IS_CROWDED)
  if (rows[0]?.crowded)
    throw Object.assign(new Error('the last connections are left to others'), { code: CROWDED })
}
