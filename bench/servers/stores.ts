import type { Stores } from '../stores.ts'
import type { System } from '../systems/system.ts'
import type { Databases } from './databases.ts'
import { PostgresServer } from './postgres.ts'
import { RedisServer, redisVersion } from './redis.ts'

/** Databases of servers that run as long as the benchmarks do. */
export class ServerStores implements Stores {
  readonly #postgres: PostgresServer
  readonly #redis: RedisServer | undefined
  readonly #places = new Set<string>()

  private constructor(postgres: PostgresServer, redis: RedisServer | undefined) {
    this.#postgres = postgres
    this.#redis = redis
  }

  static async start(): Promise<ServerStores> {
    const redis = (await redisVersion()) === undefined ? undefined : await RedisServer.start()
    return new ServerStores(await PostgresServer.start(), redis)
  }

  async describe(): Promise<string> {
    const redis = await redisVersion()
    return `${await this.#postgres.describe()}, ${redis === undefined ? 'no Redis' : `Redis ${redis}`}`
  }

  async create({ store, name }: System): Promise<string> {
    const server = store === 'redis' ? this.#redis : this.#postgres.databases
    if (!server) throw new Error(`${name} needs a Redis, and there is none here`)
    const place = await server.createDatabase()
    this.#places.add(place)
    return place
  }

  async rest(place: string): Promise<void> {
    if (isPostgres(place)) await this.#postgres.databases.rest(place)
  }

  async drop(place: string): Promise<void> {
    this.#places.delete(place)
    await (isPostgres(place) ? this.#postgres.databases : this.#redis)?.dropDatabase(place)
  }

  async clear(): Promise<void> {
    for (const place of this.#places) await this.drop(place)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#postgres[Symbol.asyncDispose]()
    await this.#redis?.[Symbol.asyncDispose]()
  }
}

/** Databases on a server that somebody else has started. */
export class DatabaseStores implements Stores {
  readonly #databases: Databases
  readonly #places = new Set<string>()

  constructor(databases: Databases) {
    this.#databases = databases
  }

  async describe(): Promise<string> {
    return `PostgreSQL ${await this.#databases.version()}`
  }

  async create(): Promise<string> {
    const place = await this.#databases.createDatabase()
    this.#places.add(place)
    return place
  }

  rest(place: string): Promise<void> {
    return this.#databases.rest(place)
  }

  async drop(place: string): Promise<void> {
    this.#places.delete(place)
    await this.#databases.dropDatabase(place)
  }

  async clear(): Promise<void> {
    for (const place of this.#places) await this.drop(place)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.clear()
  }
}

function isPostgres(place: string): boolean {
  return place.startsWith('postgres:')
}
