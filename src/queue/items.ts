import { ITEM_HINTS } from '../job/elsewhere.ts'
import { type EnqueueOptions, parseEnqueue } from '../job/enqueue-options.ts'
import { PENDING_MAX } from '../job/limits.ts'
import { isSpec } from '../job/spec.ts'
import { DEFINITION_OR_NAME, requireSpec } from '../job/specs.ts'
import type { AnyJobSpec, SpecOrName } from '../job/typed.ts'
import { isMillhandError, preview } from '../kit/error.ts'
import { nameHint } from '../kit/hint.ts'
import { isObject, optionError } from '../kit/options.ts'
import type { EnqueueItem } from './enqueue.ts'
import { itemAt } from './item-errors.ts'

/** What a call of `enqueueMany` was given: items, or a definition with its inputs and the options of all of them. */
interface Many {
  readonly first: unknown
  readonly inputs: unknown
  readonly options: EnqueueOptions | undefined
}

/**
 * A copy of the items, each read once: an element or a property may be a getter.
 *
 * @throws MillhandError `invalid_option`, `unknown_option`
 */
export function itemsOf({ first, inputs, options: given }: Many): readonly EnqueueItem[] {
  if (isList(first)) {
    requireAlone(inputs ?? given)
    return listed(ITEMS, first, toItem)
  }
  if (typeof first !== 'string' && !isSpec(first) && !isList(inputs)) throw refused(ITEMS, first)
  const job: SpecOrName =
    typeof first === 'string' ? first : requireSpec('enqueueMany', first as AnyJobSpec, DEFINITION_OR_NAME)
  // Of all of them: read once here, and not named by the index of any.
  const options: EnqueueOptions | undefined =
    given === undefined ? undefined : parseEnqueue('enqueueMany', given)
  return listed(INPUTS, inputs, (input) => ({ job, input, ...(options && { options }) }))
}

const ITEM_PARTS: readonly string[] = ['job', 'input', 'options']

function toItem(item: unknown, index: number): EnqueueItem {
  const component = itemAt(index)
  if (!isObject(item)) {
    const expected = 'an object with job, input and options'
    throw optionError('invalid_option', { component, option: 'item', expected, got: preview(item) })
  }
  if (isSpec(item)) {
    const expected = "an object with the definition as its 'job'"
    const facts = { component, option: 'item', expected, got: `the definition of '${item.name}'` }
    throw optionError('invalid_option', { ...facts, hint: ' Did you mean { job, input }?' })
  }
  const unknown = Object.keys(item as object).find((part) => !ITEM_PARTS.includes(part))
  if (unknown !== undefined)
    throw optionError('unknown_option', {
      ...{ component, option: unknown, known: ITEM_PARTS },
      ...nameHint(ITEM_HINTS, unknown),
    })
  const { job, input, options } = item as EnqueueItem
  return { job, input, ...(options !== undefined && { options }) }
}

/** Options of all items are of the other form: to leave them out without a word would be another call. */
function requireAlone(second: unknown): void {
  if (second === undefined) return
  const expected = "nothing beside a list of items: each of them has its own 'options'"
  throw refused({ option: 'inputs', expected }, second)
}

/** As many as a queue takes by default. A list may say of itself that it has four billion, all of them holes. */
const MANY_MAX = PENDING_MAX

/** A proxy that was revoked does not even say whether it is one. */
function isList(value: unknown): boolean {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

interface Expectation {
  readonly option: string
  readonly expected: string
}

const ITEMS: Expectation = {
  option: 'items',
  expected: `a list of objects with job, input and options, at most ${MANY_MAX}`,
}
const INPUTS: Expectation = { option: 'inputs', expected: `a list, of at most ${MANY_MAX}` }

function listed(
  expectation: Expectation,
  given: unknown,
  toItem: (element: unknown, index: number) => EnqueueItem,
): readonly EnqueueItem[] {
  try {
    if (Array.isArray(given) && given.length <= MANY_MAX) return Array.from(given, toItem)
  } catch (error) {
    // A getter, or a proxy: what they throw may be anything.
    if (isMillhandError(error)) throw error
  }
  throw refused(expectation, given)
}

function refused({ option, expected }: Expectation, given: unknown): Error {
  return optionError('invalid_option', { component: 'enqueueMany', option, expected, got: preview(given) })
}
