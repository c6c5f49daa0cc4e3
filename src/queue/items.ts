import type { EnqueueOptions } from '../job/enqueue-options.ts'
import { PENDING_MAX } from '../job/limits.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { preview } from '../kit/error.ts'
import { optionError } from '../kit/options.ts'
import type { EnqueueItem } from './enqueue.ts'

/** What a call of `enqueueMany` was given: items, or a definition with its inputs and the options of all of them. */
interface Many {
  readonly first: unknown
  readonly inputs: unknown
  readonly options: EnqueueOptions | undefined
}

/** A copy of the items, each read once: an element or a property may be a getter. @throws MillhandError `invalid_option` */
export function itemsOf({ first, inputs, options }: Many): readonly EnqueueItem[] {
  if (isList(first)) {
    return listed(ITEMS, first, (item) => {
      const { job, input, options } = item as EnqueueItem
      return { job, input, ...(options && { options }) }
    })
  }
  const job = first as AnyJobSpec
  return listed(INPUTS, inputs, (input) => ({ job, input, ...(options && { options }) }))
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

const ITEMS = {
  option: 'items',
  expected: `a list of objects with job, input and options, at most ${MANY_MAX}`,
}
const INPUTS = { option: 'inputs', expected: `a list, of at most ${MANY_MAX}` }

function listed(
  { option, expected }: { readonly option: string; readonly expected: string },
  given: unknown,
  toItem: (element: unknown) => EnqueueItem,
): readonly EnqueueItem[] {
  try {
    if (Array.isArray(given) && given.length <= MANY_MAX) return Array.from(given, toItem)
  } catch {
    // A getter, or a proxy: what they throw may be anything.
  }
  throw optionError('invalid_option', { component: 'enqueueMany', option, expected, got: preview(given) })
}
