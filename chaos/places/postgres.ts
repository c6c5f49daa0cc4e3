import pg from 'pg'
import { sleep, systemClock } from '../../src/kit/clock.ts'
import { ROWS_TABLE } from '../jobs.ts'
import { StoreFolder } from './folder.ts'
import { Link } from './link.ts'
import type { Act, Place } from './place.ts'
import { PostgresServer, urlAt } from './postgres-server.ts'

/** What a slow network adds to the way of each packet, at most. */
const DELAY_MS = 400
/** A server that recovers, or gets its connections back, is waited for. */
const CONNECT_AGAIN_MS = 100
const CONNECT_TRIES = 300
/** More than a server takes. */
const CONNECTIONS = 100
/** Where somebody's lock is, of all that Millhand writes to. */
const LOCKED_TABLES = ['jobs', 'pending', 'claims', 'completed', 'settled', 'workers'] as const

/** An administrator ends half of all connections. */
const END_BACKENDS = `select pg_terminate_backend(pid) from pg_stat_activity
  where application_name like 'millhand%' and random() < 0.5`

/** A server of the run's own, and a link to it for each slot. */
export async function postgresPlace(): Promise<Place> {
  const folder = new StoreFolder()
  const server = await PostgresServer.start(folder.path)
  const links = new Map<string, Link>()
  const { url } = server
  const { cannotFill } = folder
  return {
    url,
    async urlFor(slot) {
      const link = await Link.to(server.port)
      links.set(slot, link)
      return urlAt(link.port)
    },
    acts: {
      'hold a lock': whileConnected(lockOn(url)),
      'end backends': whileConnected(() => run(url, END_BACKENDS)),
      'take all connections': takeAllOf(url),
      'stop the server': async ({ forMs }) => {
        await server.crash()
        await sleep(systemClock, forMs)
        await server.start()
      },
      ...linkActs(links),
      ...(cannotFill === undefined && { 'fill the disk': folder.fill }),
    },
    leftOut: cannotFill === undefined ? {} : { 'fill the disk': cannotFill },
    prepare: () => run(url, `create table ${ROWS_TABLE} (job text not null)`),
    rows: () =>
      withClient(url, async (client) => {
        const { rows } = await client.query<{ job: string }>(`select job from ${ROWS_TABLE}`)
        return rows.map(({ job }) => job)
      }),
    async close() {
      for (const link of links.values()) link.close()
      await server.remove()
      folder.remove()
    },
  }
}

function linkActs(links: ReadonlyMap<string, Link>): Place['acts'] {
  const swallow: Act = async ({ target, forMs }) => links.get(target)?.swallowFor(forMs)
  return {
    'cut the network': async ({ target, forMs }) => links.get(target)?.cutFor(forMs),
    'slow the network': async ({ target, forMs, draw }) => links.get(target)?.slowFor(forMs, draw * DELAY_MS),
    'swallow the network': swallow,
    'swallow the network of a client': swallow,
  }
}

/** Somebody who keeps all others from writing to a table, as one does who makes an index. */
function lockOn(url: string): Act {
  return ({ forMs, draw }) =>
    withClient(url, async (client) => {
      const table = LOCKED_TABLES[Math.floor(draw * LOCKED_TABLES.length)]
      await client.query(`begin; lock table millhand.${table} in share mode`)
      await sleep(systemClock, forMs)
      await client.query('rollback')
    })
}

/** A stranger whose connection breaks, as that to a server that has just found its disk full, has gone. */
function whileConnected(act: Act): Act {
  return (fault) => act(fault).catch(() => {})
}

function takeAllOf(url: string): Act {
  return async ({ forMs }) => {
    const clients = Array.from({ length: CONNECTIONS }, () => {
      const client = new pg.Client({ connectionString: url })
      client.on('error', () => {})
      return client
    })
    await Promise.allSettled(clients.map((client) => client.connect()))
    await sleep(systemClock, forMs)
    await Promise.allSettled(clients.map((client) => client.end()))
  }
}

function run(url: string, statement: string): Promise<void> {
  return withClient(url, async (client) => void (await client.query(statement)))
}

async function withClient<Result>(
  url: string,
  body: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(url)
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}

async function connect(url: string): Promise<pg.Client> {
  for (let tries = 1; ; tries += 1) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      client.end().catch(() => {})
      if (tries === CONNECT_TRIES) throw error
      await sleep(systemClock, CONNECT_AGAIN_MS)
    }
  }
}
