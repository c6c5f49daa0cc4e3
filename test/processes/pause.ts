import { sleep, systemClock } from '../../src/kit/clock.ts'

/** A while in which others do something: how long it is decides what meets what, and no test fails by it. */
export function pause(ms: number): Promise<void> {
  return sleep(systemClock, ms)
}
