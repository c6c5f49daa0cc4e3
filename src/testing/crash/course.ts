import { join } from 'node:path'
import type { AnyJobDefinition } from '../../job/defined.ts'
import type { Json } from '../../job/json.ts'
import { systemClock } from '../../kit/clock.ts'
import { deferred } from '../../kit/deferred.ts'
import { parseOptions } from '../../kit/options.ts'
import { seededRandom } from '../../kit/random.ts'
import { VirtualClock } from '../../kit/virtual-clock.ts'
import { internalsOf } from '../../queue/internals.ts'
import { openQueue, queueOn } from '../../queue/open.ts'
import { openFields } from '../../queue/open-options.ts'
import type { Queue } from '../../queue/queue.ts'
import type { WorkerOptions } from '../../worker/options.ts'
import { testingError } from '../errors.ts'
import { runOn, runUntilIdle } from '../run-until-idle.ts'
import { type Call, type CrashPoint, Doom } from './doom.ts'
import { doomedDefinition } from './doomed.ts'
import { type EndState, type ReadState, readEndState } from './end-state.ts'
import { MortalClock, mortalStore } from './mortal.ts'

/** What is run again and again. */
export interface Swept {
  readonly definition: AnyJobDefinition
  readonly input: unknown
  readonly context: Readonly<Record<string, Json>> | undefined
  readonly setup: ((queue: Queue) => unknown) | undefined
  readonly state: ReadState | undefined
  /** What the worker is given for its handlers. */
  readonly shared: Pick<WorkerOptions, 'setup' | 'secrets'>
  /** Where the files are; `undefined`: in memory. */
  readonly folder: string | undefined
  /** In real time: the virtual one stands still while a handler runs. */
  readonly timeoutMs: number
}

/** One run from the enqueue until all is done, with a crash on the way or without one. */
export interface Course {
  readonly calls: readonly Call[]
  readonly crashed: boolean
  readonly end: EndState
}

/** The same ids and back-offs in every run. */
const SEED = 1

/** By then a worker that crashed has lost its lease, and what is left of its leadership. */
const LOST_MS = 60_000

/** @throws MillhandError `handler_stuck`, `state_not_comparable`, `not_idle`, and whatever the caller's functions throw */
export async function run(swept: Swept, place: { number: number; point?: CrashPoint }): Promise<Course> {
  const { definition, folder, context } = swept
  const clock = new VirtualClock()
  const url = folder === undefined ? 'memory:' : `sqlite:${join(folder, `${place.number}.db`)}`
  const queue = await openQueue(url, { clock, random: seededRandom(SEED), logger: false })
  const doom = new Doom(place.point)
  try {
    await swept.setup?.(queue)
    const { id } = await queue.enqueue(definition, swept.input, context && { context })
    await inTime(swept, doom, runDoomed(swept, { queue, clock, doom }))
    if (doom.dead) {
      clock.jump(LOST_MS)
      await inTime(swept, doom, runUntilIdle(queue, { ...swept.shared, jobs: [definition], concurrency: 1 }))
    }
    return { calls: doom.calls, crashed: doom.dead, end: await readEndState(queue, id, swept.state) }
  } finally {
    await queue.close()
  }
}

interface Scene {
  readonly queue: Queue
  readonly clock: VirtualClock
  readonly doom: Doom
}

/** A worker that runs the job until nothing is left, or until it crashes. */
async function runDoomed({ definition, shared }: Swept, { queue, clock, doom }: Scene): Promise<void> {
  const mortalClock = new MortalClock(clock, doom)
  const options = parseOptions('openQueue', openFields, { random: seededRandom(SEED), logger: false })
  const store = mortalStore(internalsOf(queue, 'crashSweep').store, doom)
  const jobs = [doomedDefinition(definition, doom)]
  const idle = runOn(clock, queueOn(store, { ...options, clock: mortalClock }), {
    ...shared,
    jobs,
    concurrency: 1,
  })
  await Promise.race([idle, doom.crashed])
  // What a handler does beside the call that it crashed in comes to its end, before somebody else begins.
  if (doom.dead) await clock.settle()
}

async function inTime(swept: Swept, doom: Doom, work: Promise<unknown>): Promise<void> {
  const { definition, timeoutMs } = swept
  const late = deferred<never>()
  const timer = systemClock.timer(timeoutMs, () => {
    const last = doom.calls.at(-1)?.what
    late.reject(testingError('handler_stuck', { name: definition.name, timeoutMs, last }))
  })
  try {
    await Promise.race([work, late.promise])
  } finally {
    timer.cancel()
  }
}
