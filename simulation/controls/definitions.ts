import { defineJob } from '../../src/job/definition.ts'
import type { LimitOptions } from '../../src/job/limit.ts'
import type { ScheduleOptions } from '../../src/job/schedule-options.ts'
import type { Chance } from '../chance.ts'
import { anyTask, type Host, handlerIn, POLICY, type Task, WORK } from '../handlers.ts'

/** Who asks: each of them has a gate. */
export const USERS = ['ada', 'bob', 'eve'] as const

/** A task of somebody who has a limit. */
export interface LimitedTask extends Task {
  readonly user: string
}

const user: LimitOptions = { name: 'user', key: (input) => (input as LimitedTask).user, concurrency: 1 }
const api: LimitOptions = { key: 'api', concurrency: 2, rate: { count: 5, per: '4s' } }

/** The names of the limits, and what of them somebody may change. */
export const LIMITS = { user: 'user', api: 'api' } as const

/** One gate, two of them, and one of which a job takes more than others do. */
export const READ = defineJob({ name: 'simulated.read', limits: [user], ...POLICY })
export const ASK = defineJob({ name: 'simulated.ask', limits: [user, api], ...POLICY })
export const CALL = defineJob({
  name: 'simulated.call',
  queue: 'mail',
  limits: [{ ...api, cost: 2 }],
  ...POLICY,
})

/** The same with their handlers, as a process runs them. */
export function limitedIn(host: Host) {
  const run = handlerIn(host)
  return [READ.handle(run), ASK.handle(run), CALL.handle(run)]
}

/** The least count that a rate may be changed to: a job that takes more of it would never run. */
export const RATE_MIN = 2

/** So many of a hundred tell of a service that has had enough. */
const RATE_LIMITED_PERCENT = 10

export function anyLimitedTask(chance: Chance): LimitedTask {
  const task = anyTask(chance)
  const act = chance.percent(RATE_LIMITED_PERCENT) ? 'rate limited' : task.act
  return { ...task, act, user: chance.pick(USERS) }
}

/** What a job of a schedule does. */
export const TICK: Task = { act: 'last', ms: 700 }

/** What each worker declares. */
export const DECLARED: Readonly<Record<string, ScheduleOptions>> = {
  'declared-all': { job: WORK, input: TICK, every: '20s', catchUp: 'all', catchUpLimit: 5 },
  'declared-skip': { job: READ, input: { ...TICK, user: 'ada' }, every: '30s', jitter: '2s' },
}
