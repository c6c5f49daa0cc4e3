import { randomFillSync } from 'node:crypto'
import type { Random } from './random.ts'

/** Numbers that are drawn at a time: one by one, each would cost as much as all of these. */
const DRAWN = 1024

/** Numbers of 32 bits that nobody can tell from those before: for what others see and must not guess. */
export function secureRandom(): Random {
  const drawn = new Uint32Array(DRAWN)
  let next = DRAWN
  return () => {
    if (next === DRAWN) {
      randomFillSync(drawn)
      next = 0
    }
    const value = drawn[next] as number
    // What was given once is not left where a heap dump would show it.
    drawn[next] = 0
    next += 1
    return value / 2 ** 32
  }
}
