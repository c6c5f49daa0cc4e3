import { isFinal } from '../../src/job/state.ts'
import type { SimulatedProcess } from '../process.ts'
import type { World } from '../world.ts'
import { CALL, LIMITS, READ, TICK } from './definitions.ts'

/** Where something is tried while nobody has anything else to do, and nobody is late for want of a turn. */
export interface Stage {
  readonly world: World
  readonly client: SimulatedProcess
  readonly isAtRest: () => boolean
  /** What somebody asks for, until it is answered. */
  ask<Answer>(words: string, done: Promise<Answer>): Promise<Answer>
  /** It has to be so within this time. @throws Violation */
  until(isDone: () => boolean, withinMs: number): Promise<void>
}

/** With nothing else to do, a job is settled so soon after it may run. */
const PICKUP_MS = 1_000
/** So soon a leader hears that somebody waits at a gate, or of a schedule that others have set: with its next election. */
const ELECTION_MS = 9_000
/** By then it has looked for whom no hint has told of. */
const TENDED_MS = 1_000
/** No window of a rate is longer, and no gate is closed for longer. */
const WINDOW_MS = 7_000

const USER = 'probe'
const LASTS_MS = 200

/** Whoever leaves a gate lets the next one go on at once. */
async function oneAfterTheOther({ client, ask, until, isAtRest }: Stage): Promise<void> {
  const tasks = Array.from({ length: 3 }, () => ({ act: 'last', ms: LASTS_MS, user: USER }) as const)
  await ask('enqueue three that pass one gate', client.queue.enqueueMany(READ, tasks))
  await until(isAtRest, tasks.length * (LASTS_MS + PICKUP_MS))
}

/** A gate that opens by itself wakes whoever sleeps. */
async function whenTheWindowOpens({ client, ask, until, isAtRest }: Stage): Promise<void> {
  const tasks = Array.from({ length: 3 }, () => ({ act: 'complete', ms: 0 }) as const)
  await ask('enqueue three that take all of a rate', client.queue.enqueueMany(CALL, tasks))
  await until(isAtRest, tasks.length * (WINDOW_MS + PICKUP_MS))
}

/** Where whoever left has told nobody, since the queue of the next one was paused, the leader finds him. */
async function withoutAHint({ client, world, ask, until, isAtRest }: Stage): Promise<void> {
  const task = { act: 'last', ms: 2 * PICKUP_MS, user: USER } as const
  await ask('reset the limit', client.queue.limits.reset(LIMITS.user))
  const holder = await ask('enqueue one that holds a gate', client.queue.enqueue(READ, task))
  const jobOf = ({ id }: { readonly id: string }) => world.snapshot.jobs.get(id)
  await until(() => jobOf(holder)?.state === 'running', PICKUP_MS)
  const options = { queue: 'mail' }
  const next = await ask('enqueue one that waits there', client.queue.enqueue(READ, task, options))
  await until(() => (jobOf(next)?.gate ?? null) !== null, PICKUP_MS)
  await world.pause(options.queue)
  await until(() => isFinal(jobOf(holder)?.state ?? 'pending'), task.ms + PICKUP_MS)
  await world.resume(options.queue)
  await until(isAtRest, ELECTION_MS + TENDED_MS + task.ms + PICKUP_MS)
}

/** Whoever leads hears of a schedule in time, though it was set elsewhere. */
async function atItsTime({ client, world, ask, until, isAtRest }: Stage): Promise<void> {
  const inMs = ELECTION_MS + PICKUP_MS
  const at = new Date((await world.now()) + inMs)
  const options = { job: READ, input: { ...TICK, ms: LASTS_MS, user: USER }, at }
  await ask('set a schedule', client.queue.schedules.set(USER, options))
  const hasCome = () => (world.snapshot.controls?.schedules.get(USER)?.lastTickAt ?? null) !== null
  await until(() => hasCome() && isAtRest(), inMs + LASTS_MS + 2 * PICKUP_MS)
}

/** What is tried in every world, and of which one is, since these take long. */
export const ALWAYS: readonly ((stage: Stage) => Promise<void>)[] = [oneAfterTheOther]
export const IN_TURN: readonly ((stage: Stage) => Promise<void>)[] = [
  whenTheWindowOpens,
  withoutAHint,
  atItsTime,
]
