import { seededRandom } from '../../src/kit/random.ts'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../src/store/memory/index.ts'
import { openPostgresStore } from '../../src/store/postgres/index.ts'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import type { Store } from '../../src/store/store.ts'
import { emptySchema } from '../support/postgres.ts'
import { emptyFile } from '../support/sqlite.ts'

/** Opens an empty store, whose data is given back when it is closed. */
export type Open = (clock: VirtualClock) => Promise<Store> | Store

export const memory: Open = (clock) => openMemoryStore({ clock })

export const sqlite: Open = async (clock) => {
  const { file, release } = emptyFile()
  const store = await openSqliteStore({ file, clock })
  return { ...store, close: () => store.close().then(release) }
}

export const postgres: Open = async (clock) => {
  const { url, release } = await emptySchema()
  const store = await openPostgresStore({ to: url, clock, random: seededRandom(1) })
  return { ...store, close: () => store.close().then(release) }
}
