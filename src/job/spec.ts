import { preview } from '../kit/error.ts'
import { optionError } from '../kit/options.ts'
import type { AnyJobSpec } from './definition.ts'

/**
 * Whether a value is a definition, by what every definition has: not by a brand, since one may also be put together from
 * another one. In one look, since each enqueue asks.
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

/** The definition that was passed. @throws MillhandError `invalid_option` */
export function requireSpec(component: string, value: unknown): AnyJobSpec {
  if (isSpec(value)) return value
  const expected = 'a job definition, or the name of a job'
  throw optionError('invalid_option', { component, option: 'job', expected, got: preview(value) })
}
