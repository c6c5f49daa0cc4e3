import { jobError } from '../job/errors.ts'
import { type Job, toJob } from '../job/job.ts'
import { STATEMENT_CHARACTERS_MAX } from '../job/limits.ts'
import { ALL_QUEUES } from '../job/queue-limits.ts'
import type { QueueOptions } from '../job/queue-settings.ts'
import { type JobState, STATES } from '../job/state.ts'
import { parseOptions } from '../kit/options.ts'
import { nextTurn } from '../kit/turn.ts'
import type { Tally } from '../store/catalog.ts'
import type { Store } from '../store/store.ts'
import {
  conditionsOf,
  type FilterOptions,
  filterFields,
  type ListOptions,
  listFields,
  toFilter,
} from './filter.ts'
import { PageSize } from './pages.ts'
import { type Pause, toPause } from './pause.ts'

/** Characters of payload that one list may hold, about: 10,000 jobs of a few MiB would fill any memory. */
const LIST_CHARACTERS_MAX = 4 * STATEMENT_CHARACTERS_MAX

/**
 * Jobs that fit, newest first; fewer than `limit` where those come to 32 MiB already.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`, `job_not_found`
 */
export async function listJobs(store: Store, options: ListOptions = {}): Promise<Job[]> {
  const parsed = conditionsOf(parseOptions('list', listFields, options))
  const [last] = parsed.before === undefined ? [] : await store.catalog.get([parsed.before])
  // A page after a job that was pruned meanwhile would be the first page again, and a walk would never end.
  if (parsed.before !== undefined && !last) throw jobError('job_not_found', { id: parsed.before })
  const filter = await toFilter(store, parsed)
  const jobs: Job[] = []
  const size = new PageSize()
  let beforeSeq = last?.seq
  for (let room = LIST_CHARACTERS_MAX; room > 0 && jobs.length < parsed.limit; await nextTurn()) {
    const limit = Math.min(size.next(), parsed.limit - jobs.length)
    const page = await store.catalog.list(filter, { limit, ...(beforeSeq !== undefined && { beforeSeq }) })
    const characters = size.saw(page)
    room -= characters
    jobs.push(...page.map(toJob))
    if (page.length < limit && characters < STATEMENT_CHARACTERS_MAX) break
    beforeSeq = page.at(-1)?.seq
  }
  return jobs
}

/** How many jobs fit. @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name` */
export async function countJobs(store: Store, options: FilterOptions = {}): Promise<number> {
  return store.catalog.count(
    await toFilter(store, conditionsOf(parseOptions('count', filterFields, options))),
  )
}

/** How many jobs there are, and how the queues stand. */
export interface Stats extends Counts {
  readonly queues: readonly QueueStats[]
  readonly workers: number
  /** Jobs that live workers can run at a time, and how many they are running: with those that wait for a child, which take none. */
  readonly slots: number
  readonly busy: number
}

type Counts = Readonly<Record<JobState, number>> & {
  /** Pending jobs that are not due yet; they are counted in `pending` too. */
  readonly scheduled: number
  /** How long the oldest due job has waited, in milliseconds; `null` where none waits. */
  readonly oldestWaitMs: number | null
}

export interface QueueStats extends Counts {
  readonly queue: string
  readonly paused: boolean
  /** What is set for it, where something is. */
  readonly settings?: QueueOptions
  /** Since when, by whom and why, where it is paused. */
  readonly pause?: Pause
}

export async function readStats(store: Store): Promise<Stats> {
  const [tallies, paused, configured, workers, nowMs] = await Promise.all([
    store.catalog.tally(),
    store.queues.paused(),
    store.queues.configured(),
    store.workers.list(),
    store.now(),
  ])
  const pauses = new Map(paused.map((each) => [each.queue, toPause(each)]))
  const ofQueues = configured.filter(({ queue }) => queue !== ALL_QUEUES)
  const settings = new Map(ofQueues.map((each) => [each.queue, each.settings]))
  const byQueue = Map.groupBy(tallies, ({ queue }) => queue)
  const names = new Set([...byQueue.keys(), ...pauses.keys(), ...settings.keys()])
  const live = workers.filter((worker) => worker.leaseUntil > nowMs)
  return {
    ...sum(tallies, nowMs),
    queues: [...names].sort().map((queue) => ({
      queue,
      ...pauseOf(pauses.get(queue)),
      ...(settings.has(queue) && { settings: settings.get(queue) }),
      ...sum(byQueue.get(queue) ?? [], nowMs),
    })),
    workers: live.length,
    slots: live.reduce((slots, worker) => slots + worker.concurrency, 0),
    busy: live.reduce((busy, worker) => busy + worker.running, 0),
  }
}

function pauseOf(pause: Pause | undefined): Pick<QueueStats, 'paused' | 'pause'> {
  return pause ? { paused: true, pause } : { paused: false }
}

function sum(tallies: readonly Tally[], nowMs: number): Counts {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<JobState, number>
  let scheduled = 0
  let oldest = Number.POSITIVE_INFINITY
  for (const tally of tallies) {
    counts[tally.state] += tally.count
    scheduled += tally.scheduled
    oldest = Math.min(oldest, tally.oldestDueAt ?? Number.POSITIVE_INFINITY)
  }
  return { ...counts, scheduled, oldestWaitMs: Number.isFinite(oldest) ? nowMs - oldest : null }
}
