import { jobError } from '../job/errors.ts'
import { isMillhandError } from '../kit/error.ts'
import { optionError, optionErrors } from '../kit/options.ts'

/** One of the jobs of `enqueueMany`, as its errors name it. */
export function itemAt(index: number): string {
  return `The item at index ${index} of enqueueMany`
}

/** What the options of one job were refused with, saying which job of `enqueueMany` it is. */
export function atItem(error: unknown, index: number): unknown {
  if (!isMillhandError(error)) return error
  const { code, facts, cause } = error
  if (Object.hasOwn(optionErrors, code)) {
    const told = { ...facts, component: itemAt(index) } as Parameters<typeof optionErrors.invalid_option>[0]
    return optionError(code as 'invalid_option', told, { cause })
  }
  if (code !== 'invalid_name' && code !== 'not_serialisable') return error
  const { what } = facts as { readonly what: string }
  const told = { ...facts, what: `${what} of the item at index ${index}` }
  return jobError(code as 'invalid_name', told as Parameters<typeof jobError<'invalid_name'>>[1], { cause })
}
