import { expect, test } from 'vitest'
import { systemClock } from '../../../src/kit/clock.ts'
import type { Store } from '../../../src/store/store.ts'
import { makeBeater } from '../../../src/worker/beat.ts'
import type { BusyBeat } from './busy-beat.ts'

/** What the thread tells first of a store that is busy, or away, `times` times. */
async function firstWord(times: number, leaseMs: number, away = false): Promise<string> {
  const word = Promise.withResolvers<string>()
  const code = new URL('./busy-beat.ts', import.meta.url)
  const store = {
    capabilities: { beatThread: { code, data: { times, away } satisfies BusyBeat } },
  } as unknown as Store
  const beater = makeBeater(store, {
    worker: 'w',
    leaseMs,
    beatMs: leaseMs * 10,
    blockedLimitMs: leaseMs * 100,
    clock: systemClock,
    onBeat: ({ lost }) => word.resolve(`lost: ${lost}`),
    onBlocked: () => {},
    onError: (error) => word.resolve(error.message),
  })
  beater.start()
  try {
    return await word.promise
  } finally {
    await beater.stop()
  }
}

test('a beat that meets a busy store is tried again before anybody hears of it', async () => {
  expect(await firstWord(20, 60_000)).toBe('lost: true')
})

test('a store that stays busy for a third of the lease is told', async () => {
  expect(await firstWord(Number.POSITIVE_INFINITY, 60)).toBe('beat: database is locked')
})

test('a store that is away is told at once, and left alone until the next beat', async () => {
  expect(await firstWord(1, 60_000, true)).toBe('beat: nobody there')
})
