import { preview } from '../kit/error.ts'
import { isObject, optionError } from '../kit/options.ts'
import { isChecked, specFrom } from './definition.ts'
import { jobError } from './errors.ts'
import type { JobOptions } from './job-options.ts'
import type { Schema } from './schema.ts'
import { isSpec } from './spec.ts'
import type { AnyJobDefinition, AnyJobSpec } from './typed.ts'

/**
 * A definition as it may be used: what `defineJob` gave, as it is; anything else (a spread of one, one of another copy
 * of the package) is read once and checked as if it were defined now. A number that is none would refuse a whole group
 * of other callers' jobs, much later.
 *
 * @throws MillhandError `invalid_name`, `invalid_option`
 */
export function requireSpec<Spec extends AnyJobSpec>(component: string, given: Spec): Spec {
  if (isObject(given) && isChecked(given)) return given
  if (isSpec(given)) return specFrom('The definition of a job', optionsOf(given)) as unknown as Spec
  const expected = 'a job definition, or the name of a job'
  throw optionError('invalid_option', { component, option: 'job', expected, got: preview(given) })
}

/** The definitions by name; two of one name are refused. @throws MillhandError `duplicate_definition` */
export function byName<Spec extends AnyJobSpec>(specs: Iterable<Spec>): ReadonlyMap<string, Spec> {
  const found = new Map<string, Spec>()
  for (const given of new Set(specs)) {
    const spec = requireSpec('jobs', given)
    if (found.has(spec.name)) throw jobError('duplicate_definition', { name: spec.name })
    found.set(spec.name, spec)
  }
  return found
}

/** What `defineJob` was, or would have been, called with. */
function optionsOf(given: AnyJobSpec): JobOptions<Schema, Schema, Schema> {
  const { timeoutMs: timeout, stallTimeoutMs: stallTimeout, expiresInMs: expiresIn } = given
  const { name, input, output, checkpoint, queue, priority, retries, retry, run } = given as AnyJobDefinition
  const { backoff, retryOn, stopOn, classifyError } = retry ?? {}
  const all = {
    ...{ name, input, output, checkpoint, queue, priority, retries, run },
    ...{ timeout, stallTimeout, expiresIn, backoff, retryOn, stopOn, classifyError },
  }
  const set = Object.entries(all).filter(([, value]) => value !== undefined)
  return Object.fromEntries(set) as unknown as JobOptions<Schema, Schema, Schema>
}
