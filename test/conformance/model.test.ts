import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../src/store/memory/index.ts'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import type { Store } from '../../src/store/store.ts'
import { type Command, histories } from './history.ts'
import { Player } from './player.ts'

/** Opens an empty store. */
type Open = (clock: VirtualClock) => Promise<Store> | Store

const HISTORIES = 1_000
const LONGEST_MS = 300_000

/** In memory where the machine has a folder for that: 30,000 flushes to a disk take a minute, and prove nothing here. */
const ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const folder = mkdtempSync(join(ROOT, 'millhand-'))
afterAll(() => rmSync(folder, { recursive: true }))

const memory: Open = (clock) => openMemoryStore({ clock })
const sqlite: Open = (clock) =>
  openSqliteStore({ file: join(mkdtempSync(join(folder, 'store-')), 'jobs.db'), clock })

/** Whatever is done, in whatever order: two stores give the same answers, and hold the same in the end. */
describe('any history comes out the same', () => {
  test('in two memory stores', () => compare(memory, memory), LONGEST_MS)
  test('in memory and in SQLite', () => compare(memory, sqlite), LONGEST_MS)
})

/** A history that differs is made as small as it can be, and is shown with the seed that repeats it. */
function compare(one: Open, other: Open): Promise<void> {
  const property = fc.asyncProperty(histories, (history) => playOnBoth(history, [one, other]))
  return fc.assert(property, { numRuns: HISTORIES })
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
