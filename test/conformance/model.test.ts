import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../src/store/memory/index.ts'
import { openPostgresStore } from '../../src/store/postgres/index.ts'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import type { Store } from '../../src/store/store.ts'
import { emptySchema } from '../support/postgres.ts'
import { type Command, histories } from './history.ts'
import { Player } from './player.ts'

/** Opens an empty store. */
type Open = (clock: VirtualClock) => Promise<Store> | Store

const HISTORIES = 1_000
/** Each command is sent to a server: fewer in the time that a run of all tests may take. */
const HISTORIES_SENT = Number(process.env.MILLHAND_TEST_HISTORIES ?? 150)
const LONGEST_MS = 300_000

/** In memory where the machine has a folder for that: 30,000 flushes to a disk take a minute, and prove nothing here. */
const ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const folder = mkdtempSync(join(ROOT, 'millhand-'))
afterAll(() => rmSync(folder, { recursive: true }))

const memory: Open = (clock) => openMemoryStore({ clock })
const sqlite: Open = (clock) =>
  openSqliteStore({ file: join(mkdtempSync(join(folder, 'store-')), 'jobs.db'), clock })

/** One schema, emptied for each history. */
const postgres: Open = async (clock) => {
  const { url, release } = await emptySchema()
  const store = await openPostgresStore({ to: url, clock })
  return { ...store, close: () => store.close().then(release) }
}

/** Whatever is done, in whatever order: two stores give the same answers, and hold the same in the end. */
describe('any history comes out the same', () => {
  test('in two memory stores', () => compare(memory, memory), LONGEST_MS)
  test('in memory and in SQLite', () => compare(memory, sqlite), LONGEST_MS)
  test('in memory and in PostgreSQL', () => compare(memory, postgres, HISTORIES_SENT), LONGEST_MS)
})

/** A history that differs is made as small as it can be, and is shown with the seed that repeats it. */
function compare(one: Open, other: Open, numRuns = HISTORIES): Promise<void> {
  const property = fc.asyncProperty(histories, (history) => playOnBoth(history, [one, other]))
  return fc.assert(property, { numRuns })
}

async function playOnBoth(history: readonly Command[], opens: readonly Open[]): Promise<void> {
  const clocks = opens.map(() => new VirtualClock())
  const stores = await Promise.all(opens.map((open, index) => open(clocks[index] as VirtualClock)))
  const players = stores.map((store, index) => new Player(store, clocks[index] as VirtualClock))
  try {
    for (const player of players) await player.start()
    for (const command of history) {
      const [answer, otherAnswer] = await Promise.all(players.map((player) => player.play(command)))
      expect(otherAnswer, JSON.stringify(command)).toEqual(answer)
    }
    const [dump, otherDump] = await Promise.all(players.map((player) => player.dump()))
    expect(otherDump, 'what the stores hold in the end').toEqual(dump)
  } finally {
    for (const store of stores) await store.close()
  }
}
