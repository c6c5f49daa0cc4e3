import { byNameField } from '../kit/by-name.ts'
import { preview } from '../kit/error.ts'
import { choice, type FieldsOf, integer, isObject, optionError, parseOptions } from '../kit/options.ts'
import { jobError } from './errors.ts'
import type { LimitOptions } from './limit.ts'
import { STATEMENT_ROWS_MAX } from './limits.ts'
import { requireQueueName } from './names.ts'
import {
  ALL_QUEUES,
  parseQueueLimits,
  type QueueLimitOptions,
  queueLimitsField,
  storedLimits,
} from './queue-limits.ts'
import { readStored } from './stored.ts'

const OVERFLOWS = ['reject', 'dropOldest'] as const

/** What is set for one queue. It is kept in the store: all processes go by it. */
export interface QueueOptions {
  /** Most jobs that may wait in it, be they due or not; as many as `pendingMax` by default. Minimum 1. */
  readonly maxSize?: number
  /** What happens to what is too much: it is refused (`queue_full`), or as many of the oldest are cancelled. Default `'reject'`. */
  readonly overflow?: (typeof OVERFLOWS)[number]
  /** What all of its jobs are held to, those of the definitions aside: see `LimitOptions`. Nothing by default. */
  readonly limits?: readonly QueueLimitOptions[]
}

const queueFields = {
  maxSize: integer({ min: 1 }),
  overflow: choice({ of: OVERFLOWS, default: 'reject' }),
  limits: queueLimitsField(),
} satisfies FieldsOf<QueueOptions>

/** The settings of a queue as they are stored: only what is not as in any other. */
export type QueueSettings = QueueOptions

/** @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option` */
export function parseQueueOptions(name: unknown, given: QueueOptions): QueueSettings {
  const component = `queue '${requireQueueName(name)}'`
  const { maxSize, overflow, limits = [] } = parseOptions(component, queueFields, given)
  const held = limits.length > 0 && { limits: parseQueueLimits(component, limits) }
  if (maxSize !== undefined) return { maxSize, ...(overflow !== 'reject' && { overflow }), ...held }
  if (overflow === 'reject') return { ...held }
  const expected = "left out, or beside a 'maxSize'"
  throw optionError('invalid_option', { component, option: 'overflow', expected, got: preview(overflow) })
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
  const { maxSize, overflow, limits } = value as Readonly<Record<string, unknown>>
  const stored = storedLimits(limits)
  const held = stored.length > 0 && { limits: stored }
  const size = queueFields.maxSize.parse(maxSize)
  if (size === undefined) return { ...held }
  return { maxSize: size, ...(overflow === 'dropOldest' && { overflow }), ...held }
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
