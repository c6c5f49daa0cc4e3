import type { PendingJob } from '../job/job.ts'
import type { Clock } from '../kit/clock.ts'
import type { Duration } from '../kit/duration.ts'
import { holdsOptions } from '../kit/misplaced.ts'
import { custom, duration, type FieldsOf, flag, integer, parseOptions } from '../kit/options.ts'
import { isVirtualClock, type VirtualClock } from '../kit/virtual-clock.ts'
import { internalsOf } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'
import { parseWorkerOptions, requireJobs, type WorkerOptions, workerFields } from '../worker/options.ts'
import { SharedResources } from '../worker/shared-resources.ts'
import { Worker } from '../worker/worker.ts'
import { testingError } from './errors.ts'

/** What `runUntilIdle` takes: the options of a worker, and how far to go. */
export interface RunUntilIdleOptions extends WorkerOptions {
  /** The virtual clock that the queue is on. Default: the queue's own. */
  readonly clock?: VirtualClock
  /** Whether to move the clock on to retries, snoozes, delays and limits that open. Default true; `false` runs what is due now. */
  readonly advance?: boolean
  /** How far the clock may be moved on before it is an error. Default `'30d'`. */
  readonly maxTime?: Duration
  /** Attempts that may start before it is an error. Default 10,000, minimum 1. */
  readonly maxJobs?: number
}

const runFields = (clock: Clock) =>
  ({
    clock: custom<VirtualClock>({
      expected: 'the virtual clock that the queue was opened with',
      accepts: (value) => value === clock,
    }),
    advance: flag({ default: true }),
    maxTime: duration({ default: '30d' }),
    maxJobs: integer({ default: 10_000, min: 1 }),
  }) satisfies FieldsOf<Omit<RunUntilIdleOptions, keyof WorkerOptions>>

/**
 * Runs jobs until none is left that these definitions can run; gives how many attempts that were. On a virtual clock,
 * time is moved on to whatever is due later: retries, snoozes, delays, limits that open. It stands still while handlers run: to test a
 * time-out, start a `Worker` and advance the clock yourself.
 *
 * Options: those of `Worker`, and `clock` (default: the queue's own), `advance` (default true), `maxTime` (default
 * 30 d of virtual time), `maxJobs` (default 10,000 attempts, minimum 1).
 *
 * @example
 * const greet = defineJob({ name: 'example.greet', run: () => 'hello' })
 * const { queue } = await openTestQueue()
 * const job = await queue.enqueue(greet, null, { delay: '1h' })
 * await runUntilIdle(queue, { jobs: [greet] })
 * console.log(await job.result())
 *
 * @throws MillhandError `not_idle` past `maxTime` or `maxJobs`, and what `new Worker` throws
 */
export async function runUntilIdle(queue: Queue, options: RunUntilIdleOptions): Promise<number> {
  const { clock } = internalsOf(queue, 'runUntilIdle')
  return runOn(isVirtualClock(clock) ? clock : undefined, queue, options)
}

/** The same where the `timeline` that is moved on is not the clock that the queue is on, but one behind it. */
export async function runOn(
  timeline: VirtualClock | undefined,
  queue: Queue,
  options: RunUntilIdleOptions,
): Promise<number> {
  const { clock: ownClock, events } = internalsOf(queue, 'runUntilIdle')
  if (!holdsOptions(options))
    parseOptions('runUntilIdle', { ...workerFields, ...runFields(ownClock) }, options)
  const { clock, advance, maxTime, maxJobs, ...workerOptions } = options
  const bounds = parseOptions('runUntilIdle', runFields(ownClock), { clock, advance, maxTime, maxJobs })
  const time = bounds.advance ? timeline : undefined
  const { setup, teardown, ...others } = workerOptions
  // Each round has a worker of its own; what they share is made once.
  const shared = new SharedResources(requireJobs(parseWorkerOptions(workerOptions)), {
    clock: ownClock,
    onError: (error) => events.emit('loop_error', { loop: 'teardown', error }),
  })
  const worker = { ...others, ...(setup && { setup: () => shared.value }) }
  await shared.open()
  try {
    return await runRounds(time, queue, { worker, ...bounds })
  } finally {
    await shared.close()
  }
}

interface Rounds {
  readonly worker: WorkerOptions
  readonly maxTime: number
  readonly maxJobs: number
}

async function runRounds(
  time: VirtualClock | undefined,
  queue: Queue,
  { worker, maxTime, maxJobs }: Rounds,
): Promise<number> {
  const { clock } = internalsOf(queue, 'runUntilIdle')
  const startMs = clock.now()
  const done = { jobs: 0, virtualMs: 0, last: '' }
  for (;;) {
    await runDue(new Worker(queue, worker), queue, { done, maxJobs })
    const dueAt = time && (await nextDueAt(queue, worker))
    if (!time || dueAt === undefined) return done.jobs
    done.virtualMs = dueAt - startMs
    if (done.virtualMs > maxTime) throw testingError('not_idle', { ...done, limit: `maxTime, ${maxTime} ms` })
    await time.advance(dueAt - time.now())
  }
}

interface Done {
  jobs: number
  virtualMs: number
  last: string
}

/** Runs what is due now, and what becomes due by that. */
async function runDue(
  worker: Worker,
  queue: Queue,
  { done, maxJobs }: { done: Done; maxJobs: number },
): Promise<void> {
  const tooMany = new AbortController()
  const stop = queue.on('start', (event) => {
    if (event.worker !== worker.id) return
    done.jobs += 1
    done.last = event.name
    if (done.jobs > maxJobs) tooMany.abort()
  })
  try {
    await worker.runUntilIdle({ signal: tooMany.signal })
  } finally {
    stop()
  }
  if (tooMany.signal.aborted) throw testingError('not_idle', { ...done, limit: `maxJobs, ${maxJobs}` })
}

/** More scheduled jobs than `maxJobs` allows need not be looked through. */
const SCHEDULED_LOOKED_AT = 10_000

/** When the first job will be due that such a worker would run, or may pass its limits. */
async function nextDueAt(
  queue: Queue,
  { jobs, fallback, unknownJobs, queues }: WorkerOptions,
): Promise<number | undefined> {
  const anyName = fallback !== undefined || unknownJobs === 'fail'
  const theirs = {
    limit: SCHEDULED_LOOKED_AT,
    ...(!anyName && { name: (jobs ?? []).map((job) => job.name) }),
    ...(queues && { queue: queues }),
  }
  const scheduled = await queue.list({ ...theirs, scheduled: true })
  const due = await queue.list({ ...theirs, state: 'pending', scheduled: false })
  const opensAt = due.some(waitsForLimit) ? await nextOpening(queue) : []
  const times = [...scheduled.map((job) => job.dueAt.getTime()), ...opensAt]
  return times.length === 0 ? undefined : Math.min(...times)
}

/** A store tells only of all that comes by itself: where it is another's, the next look goes further. */
async function nextOpening(queue: Queue): Promise<number[]> {
  const { store, clock } = internalsOf(queue, 'runUntilIdle')
  const at = await store.jobs.nextDueAt()
  return at !== null && at > clock.now() ? [at] : []
}

function waitsForLimit({ waitsFor }: PendingJob): boolean {
  return waitsFor !== undefined && 'limit' in waitsFor
}
