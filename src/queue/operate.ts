import { jobError } from '../job/errors.ts'
import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import { requireLabel } from '../job/names.ts'
import { type Asked, askedText, deedOf, OPERATIONS, type OperationVerb, readAsked } from '../job/operation.ts'
import { asError, isMillhandError } from '../kit/error.ts'
import {
  custom,
  type FieldsOf,
  flag,
  isFunction,
  isSignal,
  optionError,
  type Parsed,
  parseOptions,
  text,
} from '../kit/options.ts'
import { nextTurn } from '../kit/turn.ts'
import type { JobFilter } from '../store/catalog.ts'
import type { OperationRecord } from '../store/operations.ts'
import type { MatchingOptions, OperationProgress, OperationResult } from './api/matching.ts'
import { type Conditions, filterAt } from './filter.ts'
import type { QueueInternals } from './internals.ts'
import { progressTeller } from './progress-teller.ts'

const operationFields = {
  dryRun: flag({ default: false }),
  operation: text(),
  by: text(),
  onProgress: custom<(progress: OperationProgress) => void>({ expected: 'a function', accepts: isFunction }),
  signal: custom<AbortSignal>({ expected: 'an AbortSignal', accepts: isSignal }),
} satisfies FieldsOf<MatchingOptions>

/** @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name` */
export function parseOperation(options: MatchingOptions): Parsed<typeof operationFields> {
  const parsed = parseOptions('matching', operationFields, options)
  if (parsed.operation !== undefined) requireLabel('id of an operation', parsed.operation)
  if (parsed.by !== undefined) requireLabel('name in by', parsed.by)
  return parsed
}

/** What is to be done, and to which jobs. */
export interface Wanted {
  readonly verb: OperationVerb
  readonly how: Asked['how']
  readonly filter: Conditions
}

/**
 * Does one thing to all jobs that fit, or goes on with it. What a filter and a duration mean is reckoned from the time at
 * which the operation began, so that whoever goes on means the same jobs.
 *
 * @throws MillhandError `invalid_option`, `operation_differs`, `operation_incomplete`, `operation_forgotten`
 */
export async function operate(
  queue: QueueInternals,
  wanted: Wanted,
  options: Parsed<typeof operationFields>,
): Promise<OperationResult> {
  const { store } = queue
  const now = fittingAt(wanted, await store.now())
  if (options.dryRun) return { dryRun: true, jobs: await store.catalog.count(now.filter) }
  const record = await begin(queue, now.asked, { ...options, verb: wanted.verb })
  const { atMs, how } = readAsked(record.asked)
  const { filter } = fittingAt(wanted, atMs)
  try {
    const ended = await goOn(queue, record, { filter, how: { ...how, atMs }, options })
    return { operation: ended.id, dryRun: false, jobs: ended.done }
  } catch (error) {
    throw incomplete(record, error)
  }
}

interface Fitting {
  readonly filter: JobFilter
  readonly asked: Asked
}

/** The jobs that fit, of those in a state in which it can be done to them. */
function fittingAt({ verb, how, filter: given }: Wanted, atMs: number): Fitting {
  const filter = filterAt(given, atMs)
  const possible: readonly string[] = OPERATIONS[verb]
  const states = (filter.states ?? OPERATIONS[verb]).filter((state) => possible.includes(state))
  if (states.length === 0) {
    const expected = `some of ${possible.join(', ')}: in no other state can it be done (${verb})`
    const got = filter.states?.length === 0 ? '[]' : `'${filter.states?.join("', '")}'`
    throw optionError('invalid_option', { component: 'matching', option: 'state', expected, got })
  }
  return { filter: { ...filter, states }, asked: { filter: { ...given }, how, atMs } }
}

interface Beginning {
  readonly verb: OperationVerb
  readonly operation?: string | undefined
  readonly by?: string | undefined
}

async function begin(
  { store, ids }: QueueInternals,
  asked: Asked,
  { verb, operation: id = ids(), by }: Beginning,
): Promise<OperationRecord> {
  const record = await store.operations.begin({ id, verb, asked: askedText(asked), by: by ?? null })
  const { filter, how } = readAsked(record.asked)
  const isSame =
    JSON.stringify([verb, asked.filter, asked.how]) === JSON.stringify([record.verb, filter, how])
  if (!isSame) throw jobError('operation_differs', { operation: id, verb: record.verb })
  return record
}

interface Course {
  readonly filter: JobFilter
  readonly how: Asked['how'] & { readonly atMs: number }
  readonly options: Parsed<typeof operationFields>
}

/** From where the operation stands, in pieces, with a turn of the event loop between them. */
async function goOn(
  queue: QueueInternals,
  begun: OperationRecord,
  { filter, how, options: { onProgress, signal } }: Course,
): Promise<OperationRecord> {
  const { operations, catalog } = queue.store
  const { id: operation, verb } = begun
  const deed = deedOf(verb, how)
  const tell = progressTeller(onProgress)
  const total = onProgress && begun.beforeSeq > 0 ? await catalog.count(filter) : 0
  let record = begun
  while (record.beforeSeq > 0) {
    signal?.throwIfAborted()
    const fromSeq = record.beforeSeq
    const found = await catalog.find(filter, { limit: STATEMENT_ROWS_MAX, beforeSeq: fromSeq })
    const toSeq = found.length < STATEMENT_ROWS_MAX ? 0 : (found.at(-1)?.seq ?? 0)
    const ids = found.map(({ id }) => id)
    const stepped = await operations.step({ operation, deed, ids, fromSeq, toSeq })
    if (!stepped) throw jobError('operation_forgotten', { operation, verb, jobs: record.done })
    if (deed.verb === 'cancel' && stepped.ids.length > 0)
      queue.events.emit('cancel', { ids: stepped.ids, reason: deed.reason })
    record = stepped.record
    tell({ operation, jobs: record.done, total })
    await nextTurn()
  }
  return record
}

/** One that is forgotten cannot be gone on with. */
function incomplete({ id, verb }: OperationRecord, error: unknown): Error {
  if (isMillhandError(error, 'operation_forgotten')) return error
  const facts = { operation: id, verb, problem: asError(error).message }
  return jobError('operation_incomplete', facts, { cause: error })
}
