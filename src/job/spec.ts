import { listOf } from '../kit/list.ts'
import { cacheOptions } from './cache.ts'
import type { AnyJobDefinition } from './defined.ts'
import type { JobOptions } from './job-options.ts'
import { scopeOf } from './key.ts'
import { limitOptions } from './limit.ts'
import { readRequirements } from './requirements.ts'
import type { Schema } from './schema.ts'
import type { AnyJobSpec } from './typed.ts'

/**
 * Whether a value is a definition, by what every definition has: not by a brand, since one may also be put together from
 * another one. What throws when it is read is none.
 */
export function isSpec(value: unknown): value is AnyJobSpec {
  if (typeof value !== 'object' || value === null) return false
  try {
    const { name, queue, priority, retries, retry } = value as AnyJobSpec
    const hasTexts = typeof name === 'string' && typeof queue === 'string'
    return (
      hasTexts && typeof priority === 'number' && typeof retries === 'number' && typeof retry === 'object'
    )
  } catch {
    return false
  }
}

/** What `defineJob` was, or would have been, called with, read once; `undefined` where it cannot be read. */
export function optionsOf(given: AnyJobSpec): JobOptions<Schema, Schema, Schema> | undefined {
  try {
    const { timeoutMs: timeout, stallTimeoutMs: stallTimeout, expiresInMs: expiresIn } = given
    const { deadlineMs: deadline } = given
    const keyScope = scopeOf(given.keyScopeMs)
    const { name, input, output, checkpoint, queue, priority, retries, retry, cleanup, run } =
      given as AnyJobDefinition
    const { onConflict, limits, cache, requirements = '', group } = given
    const { runMany } = given as { readonly runMany?: unknown }
    const { backoff, retryOn, stopOn, classifyError } = retry
    const all = {
      ...{ name, input, output, checkpoint, queue, priority, retries, cleanup, run, runMany },
      ...{ keyScope, onConflict, group },
      ...(limits?.length && { limits: limits.map(limitOptions) }),
      ...(cache && { cache: cacheOptions(cache) }),
      ...(requirements !== '' && { requires: readRequirements(requirements) }),
      ...{ timeout, stallTimeout, expiresIn, deadline, backoff, retryOn, stopOn, classifyError },
    }
    const set = Object.entries(all).filter(([, value]) => value !== undefined)
    return Object.fromEntries(set) as unknown as JobOptions<Schema, Schema, Schema>
  } catch {
    return undefined
  }
}

/** What was probably meant in place of a list of definitions. */
export function inList(value: unknown): string {
  if (isSpec(value)) return ' Put it in a list: { jobs: [job] }.'
  const at = listOf(value)?.findIndex((each) => !isSpec(each)) ?? -1
  return at === -1 ? '' : ` The one at index ${at} is none. Make it with defineJob({ name, run }).`
}
