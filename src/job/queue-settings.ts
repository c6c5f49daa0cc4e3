import { byNameField } from '../kit/by-name.ts'
import { type Duration, formatDuration } from '../kit/duration.ts'
import { preview } from '../kit/error.ts'
import { withHints } from '../kit/hint.ts'
import { holdsOptions } from '../kit/misplaced.ts'
import {
  choice,
  duration,
  type Field,
  type FieldsOf,
  integer,
  isObject,
  optionError,
  parseOptions,
} from '../kit/options.ts'
import { QUEUE_HINTS } from './elsewhere.ts'
import { jobError } from './errors.ts'
import type { Shares } from './fair-turns.ts'
import type { LimitOptions } from './limit.ts'
import { STATEMENT_ROWS_MAX } from './limits.ts'
import { requireLabel, requireQueueName } from './names.ts'
import { ORDERS, type Order, type OrderSettings } from './order.ts'
import {
  ALL_QUEUES,
  parseQueueLimits,
  type QueueLimitOptions,
  queueLimitsField,
  storedLimits,
} from './queue-limits.ts'
import { readStored } from './stored.ts'
import type { Weights } from './turns.ts'

const OVERFLOWS = ['reject', 'dropOldest'] as const

/** What is set for one queue. It is kept in the store: all processes go by it. */
export interface QueueOptions {
  /** Most jobs that may wait in it, be they due or not; as many as `pendingMax` by default. Minimum 1. */
  readonly maxSize?: number
  /** What happens to what is too much: it is refused (`queue_full`), or as many of the oldest are cancelled. Default `'reject'`. */
  readonly overflow?: (typeof OVERFLOWS)[number]
  /** What all of its jobs are held to, those of the definitions aside: see `LimitOptions`. Nothing by default. */
  readonly limits?: readonly QueueLimitOptions[]
  /**
   * In which order its jobs start: the highest priority first (`'priority'`), whatever was due first (`'fifo'`), or last
   * (`'lifo'`; of one millisecond, what came first); or a priority is drawn for each start (`'weighted'`). Default `'priority'`. A change holds for what waits already.
   */
  readonly order?: Order
  /**
   * So much waiting counts as much as one step of priority, so that nothing waits for ever behind better jobs. Never by
   * default; from `'1ms'` to `'30d'`. Only with the order `'priority'`.
   */
  readonly aging?: Duration
  /**
   * How often each priority is drawn, against the others of which jobs are ready: `{ 0: 1, 10: 5 }`, each from 1 to 1,000,000. Of
   * one that is not named: 1. Only with the order `'weighted'`.
   */
  readonly weights?: Weights
  /**
   * How often each group starts a job, against the others that have any: `{ 'tenant-a': 3 }`, each from 0.001 to 1,000. One that is not
   * named: 1. 1,000 names at most.
   */
  readonly shares?: Shares
}

/** So that the highest priority times the longest step is still an exact number. */
const AGING_MAX_MS = 30 * 86_400_000

const WEIGHT_MAX = 1_000_000
const PRIORITY = /^(0|-?[1-9]\d{0,6})$/

/** A copy, in the order of the priorities. */
function weightsField(): Field<Weights, Weights> & { readonly fallback?: undefined } {
  return {
    expected: `an object of whole numbers from 1 to ${WEIGHT_MAX} by priority, such as { 0: 1, 10: 5 }`,
    parse(value) {
      if (!holdsOptions(value)) return undefined
      const pairs = Object.entries(value as object)
      if (!pairs.every(([priority, weight]) => PRIORITY.test(priority) && isWeight(weight))) return undefined
      return Object.fromEntries(pairs.sort(([one], [other]) => Number(one) - Number(other)))
    },
  }
}

const SHARE_MIN = 0.001
const SHARE_MAX = 1_000
const SHARES_MAX = 1_000

/** A copy, in the order of the names. */
function sharesField(): Field<Shares, Shares> & { readonly fallback?: undefined } {
  return {
    expected: `an object of numbers from ${SHARE_MIN} to ${SHARE_MAX} by group, such as { 'tenant-a': 3 }, ${SHARES_MAX} at most`,
    parse(value) {
      if (!holdsOptions(value)) return undefined
      const pairs = Object.entries(value as object)
      if (pairs.length > SHARES_MAX || !pairs.every(([, share]) => isShare(share))) return undefined
      return Object.fromEntries(pairs.sort(([one], [other]) => (one < other ? -1 : 1)))
    },
  }
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= SHARE_MIN && value <= SHARE_MAX
}

function isWeight(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= WEIGHT_MAX
}

const queueFields = {
  maxSize: integer({ min: 1 }),
  overflow: choice({ of: OVERFLOWS, default: 'reject' }),
  limits: queueLimitsField(),
  order: choice({ of: ORDERS, default: 'priority' }),
  aging: duration({ min: 1, max: AGING_MAX_MS }),
  weights: weightsField(),
  shares: sharesField(),
} satisfies FieldsOf<QueueOptions>

withHints(queueFields, QUEUE_HINTS)

/** The settings of a queue as they are stored: only what is not as in any other, and lengths of time in milliseconds. */
export interface QueueSettings
  extends OrderSettings,
    Pick<QueueOptions, 'maxSize' | 'overflow' | 'limits' | 'shares'> {}

/** @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option` */
export function parseQueueOptions(name: unknown, given: QueueOptions): QueueSettings {
  const component = `queue '${requireQueueName(name)}'`
  const {
    maxSize,
    overflow,
    order,
    aging,
    weights,
    shares,
    limits = [],
  } = parseOptions(component, queueFields, given)
  const lacking = (option: keyof QueueOptions, got: unknown, what: string) => {
    const expected = `left out, or beside ${what}`
    return optionError('invalid_option', { component, option, expected, got: preview(got) })
  }
  if (maxSize === undefined && overflow !== 'reject') throw lacking('overflow', overflow, "a 'maxSize'")
  if (aging !== undefined && order !== 'priority')
    throw lacking('aging', formatDuration(aging), "the order 'priority'")
  if (weights !== undefined && order !== 'weighted') throw lacking('weights', weights, "the order 'weighted'")
  const held = limits.length > 0 && { limits: parseQueueLimits(component, limits) }
  for (const group of Object.keys(shares ?? {})) requireLabel('group', group)
  return { ...tidy({ maxSize, overflow, order, aging, weights, shares }), ...held }
}

type Given = { readonly [Name in keyof QueueSettings]?: QueueSettings[Name] | undefined }

/** Without what says nothing. */
function tidy({ maxSize, overflow, order, aging, weights, shares = {} }: Given): QueueSettings {
  return {
    ...(maxSize !== undefined && { maxSize }),
    ...(maxSize !== undefined && overflow === 'dropOldest' && { overflow }),
    ...(order !== undefined && order !== 'priority' && { order }),
    ...(aging !== undefined && (order ?? 'priority') === 'priority' && { aging }),
    ...(weights !== undefined && order === 'weighted' && { weights }),
    ...(Object.keys(shares).length > 0 && { shares }),
  }
}

/** Queues with their options by their names, as `openQueue` or a configuration has them. */
export const queuesField = () =>
  byNameField<QueueOptions>('an object of options by queue, such as { mail: { maxSize: 1000 } }')

/** @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option` */
export function namedQueues(given: object = {}): ReadonlyMap<string, QueueSettings> {
  return new Map(Object.entries(given).map(([name, options]) => [name, parseQueueOptions(name, options)]))
}

/** The settings as a column keeps them; `null` where there are none. */
export function settingsText(settings: QueueSettings): string | null {
  return Object.keys(settings).length === 0 ? null : JSON.stringify(settings)
}

/** What a column says; of what somebody has written into it by hand, what can be read. */
export function readSettings(json: string | null): QueueSettings {
  const value = readStored(json)
  if (!isObject(value)) return {}
  const { maxSize, overflow, order, aging, weights, shares, limits } = value as Readonly<
    Record<string, unknown>
  >
  const stored = storedLimits(limits)
  const set = tidy({
    maxSize: queueFields.maxSize.parse(maxSize),
    overflow: queueFields.overflow.parse(overflow),
    order: queueFields.order.parse(order),
    aging: queueFields.aging.parse(aging),
    weights: queueFields.weights.parse(weights),
    shares: queueFields.shares.parse(shares),
  })
  return { ...set, ...(stored.length > 0 && { limits: stored }) }
}

/** What is set for all queues: limits alone. @throws MillhandError as `parseQueueOptions` */
export function allQueues(limits: readonly LimitOptions[]): QueueSettings {
  return limits.length === 0 ? {} : { limits: parseQueueLimits('all queues', limits) }
}

/** The limits that every job of a queue has, which of them are those of all queues. */
export function heldTo(
  queue: string,
  settingsOf: (queue: string) => QueueSettings | undefined,
): readonly QueueLimitOptions[] {
  return [...(settingsOf(ALL_QUEUES)?.limits ?? []), ...(settingsOf(queue)?.limits ?? [])]
}

/** How many jobs may wait in a queue that has a limit of its own, and what happens to what is too much. */
export interface SizeLimit extends Pick<QueueSettings, 'overflow'> {
  readonly queue: string
  readonly maxSize: number
}

/** The limit of its own that a queue has; `undefined`: it goes by that of all. */
export function sizeLimit(queue: string, json: string | null | undefined): SizeLimit | undefined {
  const { maxSize, overflow } = readSettings(json ?? null)
  return maxSize === undefined ? undefined : { queue, maxSize, ...(overflow && { overflow }) }
}

/**
 * How many of the oldest are to be cancelled after `stored` were added, with which `pending` wait. After a limit was lowered
 * it is made good in pieces of 1,000, an insert each.
 *
 * @throws MillhandError `queue_full`
 */
export function excessOf({ queue, maxSize, overflow }: SizeLimit, pending: number, stored: number): number {
  if (pending > maxSize && overflow !== 'dropOldest')
    throw jobError('queue_full', { queue, limit: maxSize, option: 'maxSize' })
  return Math.min(Math.max(0, pending - maxSize), stored + STATEMENT_ROWS_MAX)
}

/** Why a job was cancelled that newer ones have pushed out. */
export function dropReason({ queue, maxSize }: SizeLimit): string {
  return `dropped as one of the oldest: newer jobs came, and queue '${queue}' keeps ${maxSize} (maxSize)`
}
