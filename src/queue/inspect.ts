import { jobError } from '../job/errors.ts'
import { type Job, toJob } from '../job/job.ts'
import { ERROR_MESSAGE_CHARACTERS, NAME_CHARACTERS_MAX, STATEMENT_CHARACTERS_MAX } from '../job/limits.ts'
import { requireLabel } from '../job/names.ts'
import { type JobState, STATES } from '../job/state.ts'
import { isStorable, storableText } from '../job/text.ts'
import { preview } from '../kit/error.ts'
import {
  duration,
  flag,
  type Given,
  integer,
  oneOrMany,
  optionError,
  type Parsed,
  parseOptions,
  text,
} from '../kit/options.ts'
import { nextTurn } from '../kit/turn.ts'
import type { JobFilter, Tally } from '../store/catalog.ts'
import type { Store } from '../store/store.ts'
import { PageSize } from './pages.ts'

/** Of a filter: more than these a database takes only in part, or after a while, or not at all. */
const NAMES_MAX = 10_000
/** An id has 36; any other is none. */
const ID_CHARACTERS_MAX = 100

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isState = (value: unknown) => (STATES as readonly unknown[]).includes(value)

const filterFields = {
  state: oneOrMany<JobState>({
    doc: 'Only jobs in this state, or in one of these.',
    expected: `one or several of ${STATES.join(', ')}`,
    accepts: isState,
  }),
  name: oneOrMany<string>({
    doc: 'Only jobs of this name.',
    expected: `a text or several, at most ${NAMES_MAX}`,
    accepts: isText,
    max: NAMES_MAX,
  }),
  queue: oneOrMany<string>({
    doc: 'Only jobs in this queue.',
    expected: `a text or several, at most ${NAMES_MAX}`,
    accepts: isText,
    max: NAMES_MAX,
  }),
  tag: text({ doc: 'Only jobs with this tag.' }),
  key: text({ doc: 'Only jobs with this key.' }),
  scheduled: flag({ doc: 'Only pending jobs due in the future, or only those that are not.' }),
  olderThan: duration({ doc: 'Only jobs that were enqueued longer ago than this.' }),
  newerThan: duration({ doc: 'Only jobs that were enqueued in this time.' }),
  error: text({ doc: 'Only jobs with this text in the message of an error.', max: ERROR_MESSAGE_CHARACTERS }),
}

const listFields = {
  ...filterFields,
  limit: integer({ doc: 'At most this many jobs.', default: 100, min: 1, max: 10_000 }),
  before: text({
    doc: 'Only jobs that arrived before the one with this id: the next page.',
    max: ID_CHARACTERS_MAX,
  }),
}

export type FilterOptions = Given<typeof filterFields>
export type ListOptions = Given<typeof listFields>

/** Characters of payload that one list may hold, about: 10,000 jobs of a few MiB would fill any memory. */
const LIST_CHARACTERS_MAX = 4 * STATEMENT_CHARACTERS_MAX

/**
 * Jobs that fit, newest first; fewer than `limit` where those come to 32 MiB already.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`, `job_not_found`
 */
export async function listJobs(store: Store, options: ListOptions = {}): Promise<Job[]> {
  const parsed = parseOptions('list', listFields, options)
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
  return store.catalog.count(await toFilter(store, parseOptions('count', filterFields, options)))
}

/** Ages are by the store's clock, as the times are that they are compared with: this process's own may be wrong. */
async function toFilter(store: Store, parsed: Parsed<typeof filterFields>): Promise<JobFilter> {
  const { state, name, queue, tag, key, scheduled, olderThan, newerThan, error } = parsed
  if (scheduled !== undefined) requirePending(state)
  const nowMs = olderThan === undefined && newerThan === undefined ? 0 : await store.now()
  return {
    ...(state !== undefined && { states: [...new Set(state)] }),
    ...(name !== undefined && { names: name.filter(isName) }),
    ...(queue !== undefined && { queues: queue.filter(isName) }),
    ...(tag !== undefined && { tag: requireLabel('tag', tag) }),
    ...(key !== undefined && { key: requireLabel('key', key) }),
    ...(scheduled !== undefined && { scheduled, states: ['pending'] as const }),
    ...(olderThan !== undefined && { createdBeforeMs: nowMs - olderThan }),
    ...(newerThan !== undefined && { createdAfterMs: nowMs - newerThan }),
    ...(error !== undefined && { errorText: storableText(error) }),
  }
}

/** Whether anything can be called so. */
function isName(text: string): boolean {
  return text.length <= NAME_CHARACTERS_MAX && isStorable(text)
}

/** Only a pending job is scheduled, or is not: to leave other states out without a word would be another filter. */
function requirePending(state: readonly JobState[] = ['pending']): void {
  if (state.every((each) => each === 'pending')) return
  throw optionError('invalid_option', {
    component: 'filter',
    option: 'scheduled',
    expected: "no 'state' beside it but 'pending'",
    got: `given together with ${preview(state)}`,
  })
}

/** How many jobs there are, and how the queues stand. */
export interface Stats extends Counts {
  readonly queues: readonly QueueStats[]
  readonly workers: number
  /** Jobs that live workers can run at a time, and how many they are running. */
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
}

export async function readStats(store: Store): Promise<Stats> {
  const [tallies, paused, workers, nowMs] = await Promise.all([
    store.catalog.tally(),
    store.queues.paused(),
    store.workers.list(),
    store.now(),
  ])
  const pausedNames = new Set(paused.map((each) => each.queue))
  const byQueue = Map.groupBy(tallies, ({ queue }) => queue)
  const names = new Set([...byQueue.keys(), ...pausedNames])
  const live = workers.filter((worker) => worker.leaseUntil > nowMs)
  return {
    ...sum(tallies, nowMs),
    queues: [...names].sort().map((queue) => ({
      queue,
      paused: pausedNames.has(queue),
      ...sum(byQueue.get(queue) ?? [], nowMs),
    })),
    workers: live.length,
    slots: live.reduce((slots, worker) => slots + worker.concurrency, 0),
    busy: live.reduce((busy, worker) => busy + worker.running, 0),
  }
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
