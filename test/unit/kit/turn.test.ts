import { expect, test } from 'vitest'
import { Breather } from '../../../src/kit/turn.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'

test('a call that does much gives others a turn after ten milliseconds, and not after each step', async () => {
  const clock = new VirtualClock()
  const breather = new Breather(clock)
  expect(breather.pause()).toBeUndefined()
  clock.jump(9)
  expect(breather.pause()).toBeUndefined()
  clock.jump(1)
  const pause = breather.pause()
  expect(pause).toBeInstanceOf(Promise)
  await pause
  expect(breather.pause()).toBeUndefined()
})
