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
