import { EventEmitter } from 'node:events'
import type { PostgresPool } from 'millhand'
import pg, { type ClientBase, type PoolConfig } from 'pg'
import { expect, expectTypeOf, test } from 'vitest'
import type { Driver } from '../../../../src/store/postgres/connection/driver.ts'
import { openPool, SETTINGS } from '../../../../src/store/postgres/connection/pool.ts'

/** A pool that makes one connection, with or without a word to the hook that pg has since 8.20. */
function driverWith(hook: boolean): Driver {
  class Pool extends EventEmitter {
    readonly #options: PoolConfig

    constructor(options: PoolConfig) {
      super()
      this.#options = options
    }

    make(client: ClientBase): void {
      if (hook) this.#options.onConnect?.(client)
      this.emit('connect', client)
    }
  }
  return { Client: pg.Client, Pool: Pool as unknown as Driver['Pool'] }
}

test.each([true, false])('a connection has its settings once, whether its pool has a hook: %s', (hook) => {
  const address = { driver: driverWith(hook), config: {}, schema: 'millhand', location: '' }
  const pool = openPool(address, { sessions: true, isModest: () => false })
  const sent: string[] = []
  const client = { query: async (text: string) => void sent.push(text) }
  ;(pool as unknown as { make(client: object): void }).make(client)
  expect(sent).toEqual([SETTINGS])
})

test('a pool of pg is one that openQueue takes, and a client is none', () => {
  expectTypeOf<pg.Pool>().toExtend<PostgresPool>()
  expectTypeOf<pg.Client>().not.toExtend<PostgresPool>()
})
