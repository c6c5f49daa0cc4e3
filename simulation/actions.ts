import type { Queue } from '../src/queue/queue.ts'
import type { Chance } from './chance.ts'
import { CONTROL_ACTS, CONTROLS } from './controls/actions.ts'
import { anyTask, MAIL, WORK } from './handlers.ts'
import { Listener } from './listener.ts'
import { type Action, type Actor, action, anyOptions, KEYS, QUEUES, type Scene } from './scene.ts'

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

/** The same with what there is to be done where queues are controlled. */
const CONTROLLED = { ...ACTIONS, ...CONTROLS } as const

type ActionName = keyof typeof ACTIONS

/** Somebody who listens hears of some changes, and not of all that there will ever be. */
const LISTENING_MS = 20_000

/** What there is to act on. */
interface Surroundings {
  /** The jobs that there are. */
  readonly ids: readonly string[]
  readonly isControlled: boolean
}

/** Does something at random. */
export function anyAction({ queue, clock }: Actor, chance: Chance, around: Surroundings): Action {
  const { ids, isControlled } = around
  const name = chance.weighted(isControlled ? CONTROLLED : ACTIONS)
  const some = ids.length === 0 ? [] : Array.from({ length: 1 + chance.below(3) }, () => chance.pick(ids))
  const [id] = some
  if (id === undefined && NEEDS_JOB.has(name)) return enqueue(queue, chance)
  return { ...ACTS, ...CONTROL_ACTS }[name]({ queue, clock, chance, some, id: id ?? '' })
}

const NEEDS_JOB: ReadonlySet<string> = new Set(['cancel', 'retry', 'explain', 'result'])

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
