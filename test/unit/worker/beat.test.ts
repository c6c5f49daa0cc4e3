import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/kit/clock.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Beat } from '../../../src/store/workers.ts'
import { makeBeater } from '../../../src/worker/beat.ts'
import type { Beater } from '../../../src/worker/beater.ts'
import type { BusyBeat } from './busy-beat.ts'

interface Scene {
  readonly busy: Partial<BusyBeat>
  /** The code of the thread; that of `busy-beat.ts` by default. */
  readonly code?: () => URL
  readonly leaseMs?: number
  readonly openMs?: number
  readonly beatMs?: number
  /** What the event loop's own beat comes to, where it makes one. */
  readonly extend?: () => Promise<Beat>
  /** Takes the connection that is kept for the thread. */
  readonly reserve?: () => Promise<() => void>
}

const busyBeat = () => new URL('./busy-beat.ts', import.meta.url)

/** A beater with a thread, and what it tells first. */
function scene({ busy, code = busyBeat, leaseMs = 60_000, openMs = 60_000, ...scene }: Scene): {
  readonly beater: Beater
  readonly told: Promise<string>
  readonly missed: readonly boolean[]
} {
  const missed: boolean[] = []
  const word = Promise.withResolvers<string>()
  const data: BusyBeat = { times: 0, away: false, crowded: false, hangs: false, ...busy }
  const store = {
    location: 'somewhere',
    capabilities: {
      remote: true,
      beatThread: {
        get code() {
          return code()
        },
        data,
        reserve: scene.reserve,
      },
    },
    workers: { extend: scene.extend ?? (() => Promise.reject(new Error('it is not to beat from here'))) },
  } as unknown as Store
  const beater = makeBeater(store, {
    worker: 'w',
    openMs,
    leaseMs,
    beatMs: scene.beatMs ?? leaseMs * 10,
    blockedLimitMs: leaseMs * 100,
    clock: systemClock,
    onBeat: ({ lost }) => word.resolve(`lost: ${lost}`),
    onBlocked: () => {},
    onError: (error) => word.resolve(error.message),
    onMissed: (isMissed) => missed.push(isMissed),
  })
  onTestFinished(() => beater.stop())
  return { beater, told: word.promise, missed }
}

async function firstWord(given: Scene): Promise<string> {
  const { beater, told } = scene(given)
  await beater.open()
  beater.start()
  return told
}

test('a beat that meets a busy store is tried again before anybody hears of it', async () => {
  expect(await firstWord({ busy: { times: 20 } })).toBe('lost: true')
})

test('a store that stays busy for a third of the lease is told', async () => {
  const busy = { times: Number.POSITIVE_INFINITY }
  expect(await firstWord({ busy, leaseMs: 60 })).toBe('beat: database is locked')
})

test('a store that is away is told at once, and left alone until the next beat', async () => {
  expect(await firstWord({ busy: { times: 1, away: true } })).toBe('beat: nobody there')
})

test('a beat for which the thread gets no connection is made by the event loop, and none is missed', async () => {
  const told: string[] = []
  const beaten = Promise.withResolvers<void>()
  const extend = async () => {
    if (told.push('from here') === 2) beaten.resolve()
    return { lost: false, order: 'run' as const, cancelled: [] }
  }
  const { beater, missed } = scene({
    busy: { times: Number.POSITIVE_INFINITY, away: true },
    leaseMs: 20,
    extend,
  })
  await beater.open()
  beater.start()
  await beaten.promise
  expect(missed).not.toContain(true)
})

test('where no thread can be started, the event loop beats, and it is told', async () => {
  const beaten = Promise.withResolvers<string>()
  const { beater, told } = scene({
    busy: {},
    code: () => {
      throw new Error('no thread can be started here')
    },
    extend: async () => {
      beaten.resolve('from here')
      return { lost: false, order: 'run' as const, cancelled: [] }
    },
  })
  await beater.open()
  beater.start()
  expect(await beaten.promise).toBe('from here')
  expect(await told).toBe('no thread can be started here')
})

test('a thread that gets no connection is waited for no longer than it was told to, and beats for nobody', async () => {
  const { beater } = scene({ busy: { crowded: true }, openMs: 0 })
  await expect(beater.open()).rejects.toMatchObject({
    code: 'too_many_connections',
    facts: { location: 'somewhere', problem: expect.stringContaining('too many clients') },
  })
})

/** One whose connection is kept, and may be let go of; `beaten` from the event loop. */
function keptScene(busy: Partial<BusyBeat>) {
  const [released, beaten] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const extend = async () => {
    beaten.resolve()
    return { lost: false, order: 'run' as const, cancelled: [] }
  }
  const reserve = async () => () => released.resolve()
  return {
    ...scene({ busy, beatMs: 1, reserve, extend }),
    released: released.promise,
    beaten: beaten.promise,
  }
}

test('a connection that is kept for the thread is as good as its own: nobody waits for the thread', async () => {
  // The thread never gets one.
  const { beater, beaten, released } = keptScene({ crowded: true })
  await beater.open()
  beater.start()
  // From the event loop, and so through what the queue has.
  await beaten
  // There may be no other connection for the thread than the one that is kept.
  await released
})

test('a lease that begins when the thread was given the connection, and has none yet, is beaten', async () => {
  const { beater, beaten, released } = keptScene({ hangs: true })
  await beater.open()
  await released
  beater.start()
  await beaten
})

test('once the thread has its connection, the one that was kept for it is let go, and nobody else beats', async () => {
  const released = Promise.withResolvers<void>()
  const { beater, told } = scene({ busy: {}, reserve: async () => () => released.resolve() })
  await beater.open()
  beater.start()
  await released.promise
  expect(await told).toBe('lost: true')
})

test('a connection that is there only after the end is let go', async () => {
  const taken = Promise.withResolvers<() => void>()
  const released = Promise.withResolvers<void>()
  const { beater } = scene({ busy: { crowded: true }, reserve: () => taken.promise })
  const opening = beater.open()
  await beater.stop()
  await opening
  taken.resolve(() => released.resolve())
  await released.promise
})
