import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Service } from '../../../src/kit/service.ts'
import { nextTurn } from '../../../src/kit/turn.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'

/** A service that counts its rounds, and how many of them run at a time. */
function counting(runOnce: () => Promise<number> | number = () => 1_000) {
  const clock = new VirtualClock()
  const seen = { rounds: 0, running: 0, most: 0, errors: [] as unknown[] }
  const service = new Service({
    name: 'test',
    clock,
    onError: (error) => seen.errors.push(error),
    async runOnce() {
      seen.rounds += 1
      seen.running += 1
      seen.most = Math.max(seen.most, seen.running)
      try {
        return await runOnce()
      } finally {
        seen.running -= 1
      }
    },
  })
  return { clock, service, seen }
}

test('runs at once, then after each delay that a round asks for', async () => {
  const delays = [500, 0, Number.POSITIVE_INFINITY]
  const { clock, service, seen } = counting(() => delays.shift() ?? 1)
  service.start()
  await clock.settle()
  expect(seen.rounds).toBe(1)
  await clock.advance(499)
  expect(seen.rounds).toBe(1)
  await clock.advance(1)
  expect(seen.rounds).toBe(3)
  await clock.advance('1d')
  expect(seen.rounds).toBe(3)
  await service.stop()
})

test('a wake begins the next round now, or one after the one under way', async () => {
  const { clock, service, seen } = counting(() => Number.POSITIVE_INFINITY)
  service.start()
  service.wake()
  service.wake()
  await clock.settle()
  expect(seen).toMatchObject({ rounds: 2, most: 1 })
  service.wake()
  await clock.settle()
  expect(seen.rounds).toBe(3)
  await service.stop()
  service.wake()
  await clock.settle()
  expect(seen.rounds).toBe(3)
})

test('a wake in the next turn begins one round, and not before it', async () => {
  const { clock, service, seen } = counting(() => Number.POSITIVE_INFINITY)
  service.start()
  await clock.settle()
  service.wakeNextTurn()
  service.wakeNextTurn()
  expect(seen.rounds).toBe(1)
  await nextTurn()
  expect(seen.rounds).toBe(2)
  service.wakeNextTurn()
  await service.stop()
  await clock.settle()
  expect(seen.rounds).toBe(2)
})

test('a round that throws is told, and the next comes after a growing back-off', async () => {
  const { clock, service, seen } = counting(() => {
    throw new Error('broken')
  })
  service.start()
  await clock.settle()
  expect(seen.rounds).toBe(1)
  const waited = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]
  for (const [index, ms] of waited.entries()) {
    await clock.advance(ms - 1)
    expect(seen.rounds).toBe(index + 1)
    await clock.advance(1)
    expect(seen.rounds).toBe(index + 2)
  }
  expect(seen.errors).toHaveLength(10)
  await service.stop()
})

test('stop waits for the round under way, and is harmless at any time', async () => {
  const { promise, resolve } = Promise.withResolvers<number>()
  const { clock, service, seen } = counting(() => promise)
  await service.stop()
  service.start()
  service.start()
  let stopped = false
  const stopping = service.stop().then(() => {
    stopped = true
  })
  await clock.settle()
  expect([stopped, service.running, seen.rounds]).toEqual([false, false, 1])
  resolve(0)
  await stopping
  await clock.advance('1m')
  expect(seen.rounds).toBe(1)
})

test('stopped and started while a round is under way, it still runs one round at a time', async () => {
  const ends: (() => void)[] = []
  const { clock, service, seen } = counting(async () => {
    await new Promise<void>((resolve) => ends.push(resolve))
    return 1_000
  })
  service.start()
  void service.stop()
  service.start()
  expect(seen.running).toBe(1)
  for (let round = 0; round < 5; round += 1) {
    ends.shift()?.()
    await clock.advance('1s')
  }
  expect(seen).toMatchObject({ most: 1, rounds: 6 })
  ends.shift()?.()
  await service.stop()
})

test('start, stop and wake in any order never make two rounds at a time, nor a round after a stop', async () => {
  const steps = fc.array(fc.constantFrom('start', 'stop', 'wake', 'turn', 'time'), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const { clock, service, seen } = counting(async () => {
        await nextTurn()
        return 10
      })
      for (const step of script) {
        if (step === 'turn') await nextTurn()
        else if (step === 'time') await clock.advance(10)
        else void service[step]()
      }
      await service.stop()
      const { rounds } = seen
      await clock.advance('1s')
      expect(seen).toMatchObject({ rounds, running: 0 })
      expect(seen.most).toBeLessThanOrEqual(1)
      expect(clock.nextTimerAt).toBeNull()
    }),
    { numRuns: 60 },
  )
})
