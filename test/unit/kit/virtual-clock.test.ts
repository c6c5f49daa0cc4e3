import { expect, test, vi } from 'vitest'
import { sleep } from '../../../src/kit/clock.ts'
import { deferred } from '../../../src/kit/deferred.ts'
import { nextTurn } from '../../../src/kit/turn.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'

test('time stands still until it is moved, and timers fire in order on the way', async () => {
  const clock = new VirtualClock(1_000)
  const fired: [string, number][] = []
  const note = (name: string) => () => fired.push([name, clock.now()])
  clock.timer(30, note('third'))
  clock.timer(10, note('first'))
  clock.timer(10, note('second'))
  clock.timer(20, note('cancelled')).cancel()
  clock.timer(10, () => clock.timer(5, note('set on the way')))
  expect(clock.nextTimerAt).toBe(1_010)
  await clock.advance(29)
  expect([clock.now(), fired]).toEqual([
    1_029,
    [
      ['first', 1_010],
      ['second', 1_010],
      ['set on the way', 1_015],
    ],
  ])
  await clock.advance('1s')
  expect(fired.at(-1)).toEqual(['third', 1_030])
  expect(clock.nextTimerAt).toBeNull()
})

test('what a timer sets off has finished before the next one fires', async () => {
  const clock = new VirtualClock(0)
  const woken: number[] = []
  const loop = async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      await sleep(clock, 100)
      woken.push(clock.now())
    }
  }
  const done = loop()
  await clock.advance(1_000)
  await done
  expect(woken).toEqual([100, 200, 300, 400, 500])
})

test('a jump moves the time and fires nothing', async () => {
  const clock = new VirtualClock(0)
  const fired: number[] = []
  clock.timer(10, () => fired.push(clock.now()))
  clock.jump(50)
  expect(fired).toEqual([])
  await clock.advance(0)
  expect(fired).toEqual([50])
  clock.jump(-40)
  expect(clock.now()).toBe(10)
})

test('the wall clock shows whole milliseconds, though timers may fire between two', async () => {
  const clock = new VirtualClock(0)
  const seen: number[] = []
  clock.timer(1.5, () => seen.push(clock.now(), clock.elapsed()))
  await clock.advance(2)
  expect(seen).toEqual([1, 1.5])
})

test('what is no duration is refused', async () => {
  await expect(new VirtualClock().advance('soon' as never)).rejects.toThrow(
    /'by' is 'soon', expected a duration such as/,
  )
  await expect(new VirtualClock().advance(-1)).rejects.toMatchObject({ code: 'invalid_option' })
})

test('a sleep that is cut short is not an error', async () => {
  const clock = new VirtualClock(0)
  const stop = new AbortController()
  const slept = sleep(clock, 1_000, stop.signal)
  stop.abort()
  await slept
  await sleep(clock, 1_000, AbortSignal.abort())
  expect(clock.nextTimerAt).toBeNull()
})

test('what is asked of a database is waited for, and the processor is left to it meanwhile', async () => {
  const clock = new VirtualClock(0)
  const answers = [deferred<string>(), deferred<string>()]
  const asked = answers.map(({ promise }) => clock.during(promise))
  let settled = false
  const settling = clock.settle().then(() => {
    settled = true
  })
  await nextTurn()
  const turns = vi.spyOn(globalThis, 'setImmediate')
  for (const { resolve } of answers) {
    for (let turn = 0; turn < 100; turn += 1) await nextTurn()
    expect(settled).toBe(false)
    resolve('here')
  }
  expect(turns.mock.calls.length).toBeLessThan(210)
  turns.mockRestore()
  await settling
  expect(await Promise.all(asked)).toEqual(['here', 'here'])
})

test('of two who move it on at once, neither takes it back', async () => {
  const clock = new VirtualClock()
  const startMs = clock.now()
  await Promise.all([clock.advance('1m'), clock.advance('1s')])
  expect(clock.now()).toBe(startMs + 60_000)
})
