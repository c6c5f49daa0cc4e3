import { reasonText } from '../job/control.ts'
import { requireQueueName } from '../job/names.ts'
import type { OperationVerb } from '../job/operation.ts'
import { readSafely } from '../kit/brand.ts'
import { dateOf } from '../kit/date.ts'
import { DURATION_EXAMPLES, type Duration, parseDuration } from '../kit/duration.ts'
import { preview } from '../kit/error.ts'
import { withHints } from '../kit/hint.ts'
import { type FieldsOf, flag, integer, optionError, parseOptions } from '../kit/options.ts'
import type { Matching, MatchingFilter, MatchingOptions, OperationResult } from './api/matching.ts'
import { requireArgument, requireReason } from './arguments.ts'
import { type Conditions, conditionsOf, FILTER_HINTS, filterFields } from './filter.ts'
import { type QueueInternals, requireOutside } from './internals.ts'
import { operate, parseOperation, type Wanted } from './operate.ts'

const matchingFields = withHints(
  { ...filterFields, all: flag() } satisfies FieldsOf<MatchingFilter>,
  FILTER_HINTS,
)

const givenFields = { priority: integer({ min: -1_000_000, max: 1_000_000 }) }

/** See `Matching` in api/matching.ts. */
export class MatchingJobs implements Matching {
  readonly #queue: QueueInternals
  readonly #filter: Conditions

  constructor(queue: QueueInternals, filter: MatchingFilter) {
    this.#queue = queue
    const read = parseOptions('matching', matchingFields, filter)
    requireConditions(filter, read)
    const { all, ...conditions } = conditionsOf(read)
    if (all !== true && Object.keys(conditions).length === 0)
      throw refused('filter', 'at least one condition, or { all: true } for all jobs', filter)
    this.#filter = conditions
  }

  async cancel(reason = 'cancelled', options?: MatchingOptions): Promise<OperationResult> {
    return this.#do('cancel', { reason: reasonText(requireReason('matching', reason)) }, options)
  }

  async retry(options?: MatchingOptions): Promise<OperationResult> {
    return this.#do('retry', {}, options)
  }

  async delete(options?: MatchingOptions): Promise<OperationResult> {
    return this.#do('delete', {}, options)
  }

  async reprioritise(priority: number, options?: MatchingOptions): Promise<OperationResult> {
    const how = { priority: requireArgument('matching', { priority }, givenFields.priority) }
    return this.#do('reprioritise', how, options)
  }

  async reschedule(due: Date | Duration, options?: MatchingOptions): Promise<OperationResult> {
    return this.#do('reschedule', dueOf(due), options)
  }

  async move(queue: string, options?: MatchingOptions): Promise<OperationResult> {
    return this.#do('move', { queue: requireQueueName(queue) }, options)
  }

  #do(verb: OperationVerb, how: Wanted['how'], options: MatchingOptions = {}): Promise<OperationResult> {
    const parsed = parseOperation(options)
    requireOutside(this.#queue, `matching.${verb}`)
    return operate(this.#queue, { verb, how, filter: this.#filter }, parsed)
  }
}

/**
 * A condition that is `undefined` is most often a variable that nobody has set: left out, as elsewhere, it would choose all
 * jobs beside those that were meant.
 */
function requireConditions(filter: MatchingFilter, read: object): void {
  const missing = Object.keys(filter).find((option) => !Object.hasOwn(read, option))
  if (missing === undefined) return
  throw refused(missing, 'a value, or no such condition at all', readSafely(filter, missing))
}

function dueOf(due: Date | Duration): Wanted['how'] {
  const date = dateOf(due)
  if (date) return { dueAt: date.getTime() }
  const delayMs = parseDuration(due)
  if (delayMs === undefined) throw refused('due', `a Date, or ${DURATION_EXAMPLES}`, due)
  return { delayMs }
}

function refused(option: string, expected: string, got: unknown): Error {
  return optionError('invalid_option', { component: 'matching', option, expected, got: preview(got) })
}
