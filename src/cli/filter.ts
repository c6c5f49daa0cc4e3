import type { FilterOptions } from '../queue/filter.ts'
import { conditionOf } from './checks.ts'
import type { OptionSpec } from './command.ts'
import { isExactNumber } from './exact-number.ts'

/** The flags by which jobs are chosen. */
export interface FilterFlags {
  readonly state?: readonly string[]
  readonly name?: readonly string[]
  readonly queue?: readonly string[]
  readonly tag?: string
  readonly key?: string
  readonly group?: string
  readonly olderThan?: string
  readonly newerThan?: string
  readonly error?: string
  readonly input?: readonly string[]
  readonly scheduled?: boolean
}

export const FILTER_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--state <state>',
    doc: 'only jobs in this state; several with commas, or given again',
    many: true,
    commas: true,
  },
  {
    flags: '--name <name>',
    doc: 'only jobs of this name; several with commas, or given again',
    many: true,
    commas: true,
  },
  {
    flags: '--queue <queue>',
    doc: 'only jobs in this queue; several with commas, or given again',
    many: true,
    commas: true,
  },
  { flags: '--tag <tag>', doc: 'only jobs with this tag' },
  { flags: '--key <key>', doc: 'only jobs with this key' },
  { flags: '--group <group>', doc: 'only jobs of this group' },
  { flags: '--older-than <duration>', doc: 'only jobs that were enqueued longer ago than this, such as 2h' },
  { flags: '--newer-than <duration>', doc: 'only jobs that were enqueued in this time, such as 5m' },
  { flags: '--error <text>', doc: 'only jobs with this text in the message of an error' },
  {
    flags: '--input <path=value>',
    doc: 'only jobs with this value within their input, such as user.id=42; several are given again',
    many: true,
  },
  { flags: '--scheduled', doc: 'only jobs that are due in the future' },
]

/** The flags as the queue takes them; it says what is wrong with them. */
export function filterOf(flags: FilterFlags): FilterOptions {
  const { state, name, queue, tag, key, group, olderThan, newerThan, error, input, scheduled } = flags
  return given({
    state,
    name,
    queue,
    tag,
    key,
    group,
    olderThan: numberOr(olderThan),
    newerThan: numberOr(newerThan),
    error,
    input: input && inputOf(input),
    scheduled,
  }) as FilterOptions
}

/** `user.id=42`: a value is JSON where it is a number, a word or a text of JSON, else the text that it is. */
function inputOf(texts: readonly string[]): object {
  return Object.fromEntries(
    texts.map((text) => {
      const [path, value] = conditionOf(text) ?? [text, '']
      return [path, readValue(value)]
    }),
  )
}

function readValue(text: string): unknown {
  if (/^(?:true|false|null|".*")$/s.test(text)) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return numberOr(text)
}

/** Whether any flag chooses jobs. */
export function choosesAny(flags: FilterFlags): boolean {
  return Object.keys(filterOf(flags)).length > 0
}

/** The options that were given at all. */
export function given(options: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

/** A text that is a number, and would not be rounded, as that number; whatever takes it says what it expects instead. */
export function numberOr(text: string | undefined): string | number | undefined {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) && isExactNumber(text) ? Number(text) : text
}
