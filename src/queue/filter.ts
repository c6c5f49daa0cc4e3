import { STATES_ELSEWHERE } from '../job/elsewhere.ts'
import { type InputValue, inputParts, readInputFilter } from '../job/input-path.ts'
import { ERROR_MESSAGE_CHARACTERS, NAME_CHARACTERS_MAX } from '../job/limits.ts'
import { requireLabel } from '../job/names.ts'
import { isSpec } from '../job/spec.ts'
import { requireSpec } from '../job/specs.ts'
import { type JobState, STATES } from '../job/state.ts'
import { isStorable, storableText } from '../job/text.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import type { Duration } from '../kit/duration.ts'
import { preview } from '../kit/error.ts'
import { withHints } from '../kit/hint.ts'
import {
  custom,
  duration,
  type Field,
  type FieldsOf,
  flag,
  integer,
  oneOrMany,
  optionError,
  type Parsed,
  text,
} from '../kit/options.ts'
import type { JobFilter } from '../store/catalog.ts'
import type { Store } from '../store/store.ts'

/** Of a filter: more than these a database takes only in part, or after a while, or not at all. */
const NAMES_MAX = 10_000
/** An id has 36; any other is none. */
const ID_CHARACTERS_MAX = 100

/** Which jobs: those that fit all that is given. */
export interface FilterOptions<Spec extends AnyJobSpec = AnyJobSpec, State extends JobState = JobState> {
  /** Only jobs of this definition: of its name, and typed by it. Not together with `name`. */
  readonly job?: Spec
  /** Only jobs in this state, or in one of these. */
  readonly state?: State | readonly State[]
  /** Only jobs of this name, or of one of these. At most 10,000. */
  readonly name?: string | readonly string[]
  /** Only jobs in this queue, or in one of these. At most 10,000. */
  readonly queue?: string | readonly string[]
  /** Only jobs with this tag. */
  readonly tag?: string
  /** Only jobs with this key. */
  readonly key?: string
  /** Only jobs of this group. */
  readonly group?: string
  /** `true`: only pending jobs due in the future; `false`: only pending jobs that are due. */
  readonly scheduled?: boolean
  /** Only jobs that were enqueued longer ago than this. */
  readonly olderThan?: Duration
  /** Only jobs that were enqueued in this time. */
  readonly newerThan?: Duration
  /** Only jobs with this text in the message of an error. At most 2,000 characters. */
  readonly error?: string
  /**
   * Only jobs with these values within their input, by path: `{ 'user.id': 42, 'items.0': 'a' }`. Up to 20. No index helps:
   * the input of every job that fits the rest is read.
   */
  readonly input?: Readonly<Record<string, InputValue>>
}

/** Which jobs `list` gives, and how many of them. */
export interface ListOptions<Spec extends AnyJobSpec = AnyJobSpec, State extends JobState = JobState>
  extends FilterOptions<Spec, State> {
  /** At most this many jobs. Default 100, from 1 to 10,000. */
  readonly limit?: number
  /** Only jobs that arrived before the one with this id: the next page. */
  readonly before?: string
}

const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isState = (value: unknown) => (STATES as readonly unknown[]).includes(value)
const namesField = () =>
  oneOrMany<string>({
    expected: `a text or several, at most ${NAMES_MAX}`,
    accepts: isText,
    max: NAMES_MAX,
  })

const inputField = (): Field<Readonly<Record<string, InputValue>>, Readonly<Record<string, InputValue>>> & {
  readonly fallback?: undefined
} => ({
  expected: "paths with values such as { 'user.id': 42 }: texts, numbers, true, false or null",
  parse: readInputFilter,
})

export const filterFields = {
  job: {
    ...custom<AnyJobSpec>({ expected: 'a job definition', accepts: isSpec }),
    hint: (given: unknown) => (typeof given === 'string' ? ` Did you mean { name: ${preview(given)} }?` : ''),
  },
  state: oneOrMany<JobState>({
    expected: `one or several of ${STATES.join(', ')}`,
    words: STATES,
    elsewhere: STATES_ELSEWHERE,
    accepts: isState,
  }),
  name: namesField(),
  queue: namesField(),
  tag: text(),
  key: text(),
  group: text(),
  scheduled: flag(),
  olderThan: duration(),
  newerThan: duration(),
  error: text({ max: ERROR_MESSAGE_CHARACTERS }),
  input: inputField(),
} satisfies FieldsOf<FilterOptions>

export const listFields = {
  ...filterFields,
  limit: integer({ default: 100, min: 1, max: 10_000 }),
  before: text({ max: ID_CHARACTERS_MAX }),
} satisfies FieldsOf<ListOptions>

const BY_ID =
  ' By their ids, jobs are read with queue.get(id), and cancelled or run again with queue.cancel(ids) and queue.retry(ids).'

/** What a filter does not take. */
export const FILTER_HINTS = { id: BY_ID, ids: BY_ID } as const

withHints(filterFields, FILTER_HINTS)
withHints(listFields, FILTER_HINTS)

/** Conditions as they were read, once and when they were given: jobs of a definition are those of its name. */
export type Conditions = Omit<Parsed<typeof filterFields>, 'job'>

/** @throws MillhandError `invalid_option`, `invalid_name` */
export function conditionsOf<Read extends Parsed<typeof filterFields>>({
  job,
  ...others
}: Read): Omit<Read, 'job'> {
  const name = namesOf(job, others.name)
  return { ...others, ...(name !== undefined && { name }) }
}

/** Ages are by the store's clock, as the times are that they are compared with: this process's own may be wrong. */
export async function toFilter(store: Store, parsed: Conditions): Promise<JobFilter> {
  const { olderThan, newerThan } = parsed
  return filterAt(parsed, olderThan === undefined && newerThan === undefined ? 0 : await store.now())
}

/** The same, with ages reckoned from a time. @throws MillhandError `invalid_option`, `invalid_name` */
export function filterAt(parsed: Conditions, nowMs: number): JobFilter {
  const { state, name, queue, tag, key, group, scheduled, olderThan, newerThan, error, input } = parsed
  if (scheduled !== undefined) requirePending(state)
  return {
    ...(state !== undefined && { states: [...new Set(state)] }),
    ...(name !== undefined && { names: name.filter(isName) }),
    ...(queue !== undefined && { queues: queue.filter(isName) }),
    ...(tag !== undefined && { tag: requireLabel('tag', tag) }),
    ...(key !== undefined && { key: requireLabel('key', key) }),
    ...(group !== undefined && { group: requireLabel('group', group) }),
    ...(scheduled !== undefined && { scheduled, states: ['pending'] as const }),
    ...(olderThan !== undefined && { createdBeforeMs: nowMs - olderThan }),
    ...(newerThan !== undefined && { createdAfterMs: nowMs - newerThan }),
    ...(error !== undefined && { errorText: storableText(error) }),
    ...(input !== undefined && { input: inputParts(input) }),
  }
}

/** The names that are asked for, by themselves or by a definition. @throws MillhandError `invalid_option`, `invalid_name` */
function namesOf(
  job: AnyJobSpec | undefined,
  name: readonly string[] | undefined,
): readonly string[] | undefined {
  if (job === undefined) return name
  if (name === undefined) return [requireSpec('filter', job).name]
  throw optionError('invalid_option', {
    component: 'filter',
    option: 'job',
    expected: "no 'name' beside it",
    got: 'given together with it',
  })
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
