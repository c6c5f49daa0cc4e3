import { messageOf, preview } from '../kit/error.ts'
import type { Field } from '../kit/options.ts'
import { unawaited } from '../kit/thenable.ts'
import { jobError } from './errors.ts'
import { KEY_CHARACTERS_MAX } from './limits.ts'
import { requireLabel } from './names.ts'

/** The group of the jobs of a definition: the same for all, or what it is for each input; `null` from it: none. */
export type GroupOption<Input = unknown> = string | ((input: Input) => string | number | null)

/** Of a definition: a text, or a function of the input that gives one. */
export const groupField = (): Field<GroupOption, GroupOption> & { readonly fallback?: undefined } => ({
  expected: `a text of 1 to ${KEY_CHARACTERS_MAX} characters, or a function of the input that gives one`,
  parse(value) {
    if (typeof value === 'function') return value as GroupOption
    return typeof value === 'string' && value !== '' ? value : undefined
  },
})

/** The group of one that has none: no group is called so. */
const NO_GROUP = ''

/**
 * The group of a job with this input, as its definition has it; '': none.
 *
 * @throws MillhandError `invalid_group`, `invalid_name`
 */
export function groupFor(job: string, option: GroupOption<never> | undefined, input: unknown): string {
  if (option === undefined) return NO_GROUP
  if (typeof option === 'string') return option
  const given = callGroup(job, () => option(input as never))
  if (given === null) return NO_GROUP
  if (typeof given === 'string' || typeof given === 'number')
    return requireLabel(`group of job '${job}'`, String(given))
  throw jobError('invalid_group', { name: job, got: preview(given) })
}

function callGroup(job: string, call: () => unknown): unknown {
  try {
    return unawaited(call())
  } catch (error) {
    throw jobError(
      'invalid_group',
      { name: job, got: 'an error', problem: messageOf(error) },
      { cause: error },
    )
  }
}
