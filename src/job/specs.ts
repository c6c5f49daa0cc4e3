import { preview } from '../kit/error.ts'
import { isObject, optionError } from '../kit/options.ts'
import { isChecked, specFrom } from './definition.ts'
import { jobError } from './errors.ts'
import { requireAgreement } from './limit-conflicts.ts'
import { isSpec, optionsOf } from './spec.ts'
import type { AnyJobSpec } from './typed.ts'

const DEFINITION = 'a job definition'

/** Of what takes both, and has looked for a name itself. */
export const DEFINITION_OR_NAME = `${DEFINITION}, or the name of a job`

/**
 * A definition as it may be used: what `defineJob` gave, as it is; anything else, such as a spread of one, is read once
 * and checked as if it were defined now. A number that is none would refuse a whole group of other callers' jobs, much
 * later.
 *
 * @throws MillhandError `invalid_name`, `invalid_option`
 */
export function requireSpec<Spec extends AnyJobSpec>(
  component: string,
  given: Spec,
  expected = DEFINITION,
): Spec {
  if (isObject(given) && isChecked(given)) return given
  const options = isSpec(given) ? optionsOf(given) : undefined
  if (options) return specFrom('The definition of a job', options) as unknown as Spec
  const hint = typeof given === 'string' ? ' Pass what defineJob gave: here, a name is not enough.' : ''
  throw optionError('invalid_option', {
    component,
    option: 'job',
    expected,
    got: preview(given),
    ...(hint !== '' && { hint }),
  })
}

/**
 * The definitions by name; two of one name, or with two values of one limit, are refused.
 *
 * @throws MillhandError `duplicate_definition`, `conflicting_limits`
 */
export function byName<Spec extends AnyJobSpec>(specs: Iterable<Spec>): ReadonlyMap<string, Spec> {
  const found = new Map<string, Spec>()
  for (const given of new Set(specs)) {
    const spec = requireSpec('jobs', given)
    if (found.has(spec.name)) throw jobError('duplicate_definition', { name: spec.name })
    found.set(spec.name, spec)
  }
  requireAgreement(found.values())
  return found
}
