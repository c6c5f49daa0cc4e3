import { type CacheOptions, parseCache } from './cache.ts'
import type { GroupOption } from './group.ts'
import type { LimitOptions } from './limit.ts'
import { readLimits } from './limit-conflicts.ts'
import { requireLabel } from './names.ts'
import { type Requirement, requirementsText } from './requirements.ts'
import type { AnyJobSpec } from './typed.ts'

interface Given {
  readonly limits?: readonly LimitOptions[] | undefined
  readonly cache?: CacheOptions | undefined
  readonly requires?: readonly Requirement[] | undefined
  readonly group?: GroupOption | undefined
}

/**
 * What the jobs of a definition are held to: what they share with each other, what they require, and whose they are.
 *
 * @throws MillhandError `invalid_option`, `unknown_option`, `invalid_name`, `conflicting_limits`
 */
export function constraintsOf(
  component: string,
  name: string,
  { limits = [], cache, requires = [], group }: Given,
): Pick<AnyJobSpec, 'limits' | 'cache' | 'requirements' | 'group'> {
  return {
    limits: readLimits(component, name, limits),
    requirements: requirementsText(component, requires),
    ...(cache && { cache: parseCache(component, name, cache) }),
    ...(group !== undefined && { group: typeof group === 'string' ? requireLabel('group', group) : group }),
  }
}
