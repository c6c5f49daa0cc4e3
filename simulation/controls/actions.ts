import type { LimitChange } from '../../src/job/limit-change.ts'
import type { QueueOptions } from '../../src/job/queue-settings.ts'
import type { ScheduleOptions } from '../../src/job/schedule-options.ts'
import { type CatchUp, OVERLAPS } from '../../src/job/schedule-plan.ts'
import type { Matching } from '../../src/queue/api/matching.ts'
import type { Chance } from '../chance.ts'
import { WORK } from '../handlers.ts'
import { type Action, action, anyOptions, QUEUES, type Scene } from '../scene.ts'
import { ASK, anyLimitedTask, CALL, DECLARED, LIMITS, RATE_MIN, READ, TICK } from './definitions.ts'

/** What clients and operators do beside that, and how often, where there are limits, orders, sizes and schedules. */
export const CONTROLS = {
  'enqueue limited': 30,
  'enqueue many limited': 6,
  'set limit': 3,
  'reset limit': 2,
  configure: 4,
  'set schedule': 3,
  'pause schedule': 1,
  'resume schedule': 2,
  'run schedule': 2,
  'remove schedule': 1,
  operate: 5,
} as const

type ControlName = keyof typeof CONTROLS

const LIVE = ['live-1', 'live-2'] as const

export const CONTROL_ACTS: Readonly<Record<ControlName, (scene: Scene) => Action>> = {
  'enqueue limited': ({ queue, chance }) => {
    const spec = chance.pick([READ, ASK, CALL])
    const task = anyLimitedTask(chance)
    const options = anyOptions(chance)
    const words = `enqueue ${spec.name} ${task.act} ${task.ms} ms of ${task.user} ${JSON.stringify(options)}`
    return action(words, queue.enqueue(spec, task, options))
  },
  'enqueue many limited': ({ queue, chance }) => {
    const spec = chance.pick([READ, ASK, CALL])
    const tasks = Array.from({ length: 2 + chance.below(5) }, () => anyLimitedTask(chance))
    return action(`enqueueMany ${tasks.length} ${spec.name}`, queue.enqueueMany(spec, tasks))
  },
  'set limit': ({ queue, chance }) => {
    const name = chance.pick([LIMITS.user, LIMITS.api])
    const change = anyChange(chance, name)
    return action(`set limit ${name} ${JSON.stringify(change)}`, queue.limits.set(name, change))
  },
  'reset limit': ({ queue, chance }) => {
    const name = chance.pick([LIMITS.user, LIMITS.api])
    return action(`reset limit ${name}`, queue.limits.reset(name))
  },
  configure: ({ queue, chance }) => {
    const lane = chance.pick(QUEUES)
    const settings = anySettings(chance)
    return action(`configure ${lane} ${JSON.stringify(settings)}`, queue.configure(lane, settings))
  },
  'set schedule': ({ queue, chance }) => {
    const name = chance.pick(LIVE)
    const { job, ...options } = anySchedule(chance)
    const words = `set schedule ${name} ${JSON.stringify(options)}`
    return action(words, queue.schedules.set(name, { job, ...options }))
  },
  'pause schedule': onSchedule('pause'),
  'resume schedule': onSchedule('resume'),
  'run schedule': onSchedule('run'),
  'remove schedule': onSchedule('remove'),
  operate: ({ queue, chance }) => {
    const verb = chance.pick(OPERATED)
    const filter = { queue: chance.pick(QUEUES), ...(chance.percent(50) && { name: chance.pick(NAMES) }) }
    const matching = queue.matching(filter)
    return action(`${verb} all of ${JSON.stringify(filter)}`, operate(matching, verb, chance))
  },
}

/** Mostly what leaves the jobs there. */
const OPERATED = ['cancel', 'retry', 'retry', 'reprioritise', 'reprioritise', 'reschedule', 'delete'] as const
const NAMES = [WORK, READ, CALL].map(({ name }) => name)

function operate(matching: Matching, verb: (typeof OPERATED)[number], chance: Chance): Promise<unknown> {
  switch (verb) {
    case 'cancel':
      return matching.cancel()
    case 'retry':
      return matching.retry()
    case 'reprioritise':
      return matching.reprioritise(chance.below(5) - 2)
    case 'reschedule':
      return matching.reschedule(chance.upToMs(20_000))
    case 'delete':
      return matching.delete()
  }
}

function onSchedule(verb: 'pause' | 'resume' | 'run' | 'remove'): (scene: Scene) => Action {
  return ({ queue, chance }) => {
    const name = chance.pick([...LIVE, ...Object.keys(DECLARED)])
    return action(`${verb} schedule ${name}`, queue.schedules[verb](name))
  }
}

function anyChange(chance: Chance, name: string): LimitChange {
  const concurrency = 1 + chance.below(3)
  if (name === LIMITS.user) return { concurrency }
  return chance.pick<LimitChange>([
    { concurrency },
    { rate: { count: RATE_MIN + chance.below(6), per: chance.pick(['2s', '4s', '7s']) } },
    { concurrency: null },
    { concurrency, rate: null },
  ])
}

/** Small enough that queues are full at times. */
const SIZE_MAX = 12

function anySettings(chance: Chance): QueueOptions {
  return {
    ...chance.pick<QueueOptions>([
      {},
      { order: 'fifo' },
      { order: 'lifo' },
      { aging: chance.upToMs(20_000) },
    ]),
    ...(chance.percent(50) && {
      maxSize: 1 + chance.below(SIZE_MAX),
      overflow: chance.pick(['reject', 'dropOldest'] as const),
    }),
  }
}

const CATCH_UPS: readonly CatchUp[] = ['none', 'last', 'last']

function anySchedule(chance: Chance): ScheduleOptions {
  const times = chance.pick([
    { every: '15s' },
    { every: '30s', jitter: '3s' },
    { cron: '*/20 * * * * *' },
  ] as const)
  const kept = chance.percent(30)
    ? ({ catchUp: 'all', catchUpLimit: 4 } as const)
    : { catchUp: chance.pick(CATCH_UPS), overlap: chance.pick(OVERLAPS) }
  return { job: WORK, input: TICK, ...times, ...kept, ...(chance.percent(30) && { queue: 'mail' }) }
}
