import type { EnqueueOptions } from '../src/job/enqueue-options.ts'
import { CONFLICT_POLICIES } from '../src/job/key.ts'
import type { Clock } from '../src/kit/clock.ts'
import type { Queue } from '../src/queue/queue.ts'
import type { Chance } from './chance.ts'
import { anyTask, MAIL, WORK } from './handlers.ts'
import { Listener } from './listener.ts'

/** What clients and operators do, and how often. */
const ACTIONS = {
  enqueue: 40,
  'enqueue many': 8,
  cancel: 7,
  retry: 6,
  'free key': 4,
  pause: 1,
  resume: 3,
  prune: 3,
  list: 2,
  count: 2,
  explain: 2,
  result: 4,
  transaction: 4,
  subscribe: 1,
} as const

export type ActionName = keyof typeof ACTIONS

/** One thing that somebody does; it is known by its words, and settles when it has been answered. */
export interface Action {
  readonly words: string
  readonly done: Promise<unknown>
}

const KEYS = ['a', 'b', 'c'] as const
const SCOPES = ['active', 'forever', 2_000, 20_000] as const
/** Somebody who listens hears of some changes, and not of all that there will ever be. */
const LISTENING_MS = 20_000
/** The queues that the jobs are in. */
export const QUEUES = ['default', 'mail'] as const

/** Does something at random; `ids` are the jobs that there are. */
export function anyAction({ queue, clock }: Actor, chance: Chance, ids: readonly string[]): Action {
  const name = chance.weighted(ACTIONS)
  const some = ids.length === 0 ? [] : Array.from({ length: 1 + chance.below(3) }, () => chance.pick(ids))
  const [id] = some
  if (id === undefined && NEEDS_JOB.has(name)) return enqueue(queue, chance)
  return ACTS[name]({ queue, clock, chance, some, id: id ?? '' })
}

const NEEDS_JOB: ReadonlySet<ActionName> = new Set(['cancel', 'retry', 'explain', 'result'])

/** Who does it. */
interface Actor {
  readonly queue: Queue
  readonly clock: Clock
}

interface Scene extends Actor {
  readonly chance: Chance
  readonly some: readonly string[]
  readonly id: string
}

const ACTS: Readonly<Record<ActionName, (scene: Scene) => Action>> = {
  enqueue: ({ queue, chance }) => enqueue(queue, chance),
  'enqueue many': ({ queue, chance }) => {
    const tasks = Array.from({ length: 2 + chance.below(8) }, () => anyTask(chance))
    const options = anyOptions(chance)
    return action(`enqueueMany ${tasks.length}`, queue.enqueueMany(WORK, tasks, options))
  },
  cancel: ({ queue, some }) => action(`cancel ${some.join(' ')}`, queue.cancel(some)),
  retry: ({ queue, some }) => action(`retry ${some.join(' ')}`, queue.retry(some)),
  'free key': ({ queue, chance }) => {
    const { name } = chance.pick([WORK, MAIL])
    const key = chance.pick(KEYS)
    return action(`free key ${key} of ${name}`, queue.freeKey(name, key))
  },
  pause: ({ queue, chance }) => {
    const lane = chance.pick(QUEUES)
    return action(`pause ${lane}`, queue.pause(lane))
  },
  resume: ({ queue, chance }) => {
    const lane = chance.pick(QUEUES)
    return action(`resume ${lane}`, queue.resume(lane))
  },
  prune: ({ queue, chance }) => {
    const complete = chance.pick([0, 10_000, 60_000])
    return action(`prune complete ones after ${complete} ms`, queue.prune({ complete, failed: 120_000 }))
  },
  list: ({ queue }) => action('list', queue.list({ state: ['pending', 'running'], limit: 5 })),
  count: ({ queue }) => action('count', queue.count({ queue: 'mail' })),
  explain: ({ queue, id }) => action(`explain ${id}`, queue.explain(id)),
  result: ({ queue, id }) => action(`result ${id}`, queue.handle(id).result()),
  transaction: ({ queue, chance }) => {
    const fails = chance.percent(30)
    const task = anyTask(chance)
    const body = async (tx: object) => {
      await queue.enqueue(WORK, task, { tx })
      if (fails) throw new Undone('undone')
    }
    return action(`transaction${fails ? ' that is undone' : ''}`, queue.transaction(body))
  },
  subscribe: ({ queue, clock, chance }) => {
    const ms = chance.upToMs(LISTENING_MS)
    return action(`subscribe for ${ms} ms`, new Listener().listenFor(ms, queue, clock))
  },
}

/** What the body of a transaction throws that is to be undone. */
export class Undone extends Error {}

function enqueue(queue: Queue, chance: Chance): Action {
  const spec = chance.pick([WORK, MAIL])
  const task = anyTask(chance)
  const options = anyOptions(chance)
  return action(
    `enqueue ${spec.name} ${task.act} ${task.ms} ms ${JSON.stringify(options)}`,
    queue.enqueue(spec, task, options),
  )
}

function anyOptions(chance: Chance): EnqueueOptions {
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

function action(words: string, done: Promise<unknown>): Action {
  return { words, done }
}
