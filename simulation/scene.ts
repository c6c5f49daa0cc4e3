import type { EnqueueOptions } from '../src/job/enqueue-options.ts'
import { CONFLICT_POLICIES } from '../src/job/key.ts'
import type { Clock } from '../src/kit/clock.ts'
import type { Queue } from '../src/queue/queue.ts'
import type { Chance } from './chance.ts'

/** One thing that somebody does; it is known by its words, and settles when it has been answered. */
export interface Action {
  readonly words: string
  readonly done: Promise<unknown>
}

/** Who does it. */
export interface Actor {
  readonly queue: Queue
  readonly clock: Clock
}

/** What it is done with: chance, and some of the jobs that there are. */
export interface Scene extends Actor {
  readonly chance: Chance
  readonly some: readonly string[]
  readonly id: string
}

export const KEYS = ['a', 'b', 'c'] as const
const SCOPES = ['active', 'forever', 2_000, 20_000] as const
/** The queues that the jobs are in. */
export const QUEUES = ['default', 'mail'] as const

export function anyOptions(chance: Chance): EnqueueOptions {
  const { delay, ...options } = anyOfAll(chance)
  // One that would fail before it is due is refused.
  const afterMs = Math.min(...[options.expiresIn, options.deadline].map((each) => Number(each ?? Infinity)))
  return delay === undefined || Number(delay) >= afterMs ? options : { delay, ...options }
}

function anyOfAll(chance: Chance): EnqueueOptions {
  return {
    ...(chance.percent(45) && anyKey(chance)),
    ...(chance.percent(20) && { delay: chance.upToMs(20_000) }),
    ...(chance.percent(20) && { priority: chance.below(5) - 2 }),
    ...(chance.percent(10) && { expiresIn: chance.upToMs(30_000) }),
    ...(chance.percent(10) && { deadline: chance.upToMs(60_000) }),
    ...(chance.percent(30) && { retries: chance.below(3) }),
  }
}

/** Most say nothing of their key: a rule is what becomes of those, too. */
function anyKey(chance: Chance): EnqueueOptions {
  return {
    key: chance.pick(KEYS),
    ...(chance.percent(25) && { keyScope: chance.pick(SCOPES) }),
    ...(chance.percent(40) && { onConflict: chance.pick(CONFLICT_POLICIES) }),
  }
}

export function action(words: string, done: Promise<unknown>): Action {
  return { words, done }
}
