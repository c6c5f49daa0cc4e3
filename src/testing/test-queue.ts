import { types } from 'node:util'
import { preview } from '../kit/error.ts'
import { holdsOptions } from '../kit/misplaced.ts'
import { optionError } from '../kit/options.ts'
import { seededRandom } from '../kit/random.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'
import { openQueue } from '../queue/open.ts'
import type { OpenOptions } from '../queue/open-options.ts'
import type { Queue } from '../queue/queue.ts'

/**
 * A clock that stands still until it is told to move, so that no test waits for real time. `advance('5m')` moves it
 * and lets what that sets off finish; it begins on 1 January 2026, UTC, unless `start` says otherwise.
 *
 * @example
 * const clock = virtualClock(new Date('2026-03-01T12:00:00Z'))
 * const queue = await openQueue('memory:', { clock })
 * await clock.advance('1h')
 * await queue.close()
 *
 * @throws MillhandError `invalid_option`
 */
export function virtualClock(start?: Date | number): VirtualClock {
  if (start === undefined) return new VirtualClock()
  const startMs = typeof start === 'number' || types.isDate(start) ? Number(start) : Number.NaN
  if (Number.isFinite(startMs)) return new VirtualClock(startMs)
  const expected = 'a valid Date, or milliseconds since 1970'
  throw optionError('invalid_option', {
    component: 'virtualClock',
    option: 'start',
    expected,
    got: preview(start),
  })
}

/** What `openQueue` takes; the clock is a virtual one. */
export interface TestQueueOptions extends Omit<OpenOptions, 'clock'> {
  /** Default: a new `virtualClock()`. */
  readonly clock?: VirtualClock
}

export interface TestQueue {
  readonly queue: Queue
  readonly clock: VirtualClock
}

/** The same back-offs in every run of a test. */
const SEED = 1

/**
 * Opens a queue in memory on a virtual clock, with the same random numbers in every run.
 *
 * Options: those of `openQueue`, such as `jobs` for enqueueing by name, and `clock`. Nothing is written of jobs that
 * fail, which tests make on purpose, unless a `logger` is given.
 *
 * @example
 * const { queue, clock } = await openTestQueue()
 * await clock.advance('1m')
 * await queue.close()
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `duplicate_definition`
 */
export async function openTestQueue(options: TestQueueOptions = {}): Promise<TestQueue> {
  if (!holdsOptions(options)) {
    const expected = 'an object with options of openQueue, such as { jobs }: it is always in memory'
    const got = preview(options)
    throw optionError('invalid_option', { component: 'openTestQueue', option: 'options', expected, got })
  }
  const clock = options.clock ?? virtualClock()
  const queue = await openQueue('memory:', { random: seededRandom(SEED), logger: false, ...options, clock })
  return { queue, clock }
}
