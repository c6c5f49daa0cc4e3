import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { type Command, histories, unlimitedHistories } from './history.ts'
import { memory, type Open, postgres, sqlite } from './openings.ts'
import { Player } from './player.ts'

/** How many histories are tried. */
export interface Trials {
  /** In this process alone. */
  readonly local: number
  /** Each command of these is sent to a server, which takes thirty times as long. */
  readonly sent: number
}

/** They take as long as they are many: whoever runs them bounds the run, not the test. */
const UNBOUNDED = { timeout: 0 }

/** Whatever is done, in whatever order: two stores give the same answers, and hold the same in the end. */
export function describeHistories({ local, sent }: Trials): void {
  describe('any history comes out the same', () => {
    test('in two memory stores', UNBOUNDED, () => compare(memory, memory, local))
    test('in memory and in SQLite', UNBOUNDED, () => compare(memory, sqlite, local))
    test('in memory and in PostgreSQL', UNBOUNDED, () => compare(memory, postgres, sent))
  })
}

/** A history that differs is made as small as it can be, and is shown with the seed that repeats it. */
function compare(one: Open, other: Open, numRuns: number): Promise<void> {
  const given = other === postgres ? unlimitedHistories : histories
  const property = fc.asyncProperty(given, (history) => playOnBoth(history, [one, other]))
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
