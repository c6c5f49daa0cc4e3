import { types } from 'node:util'
import type { Field } from './options.ts'

/** The time of a `Date` of any realm, as a copy of this one; `undefined` where it is none, or none that is valid. */
export function dateOf(value: unknown): Date | undefined {
  if (!types.isDate(value)) return undefined
  const ms = Date.prototype.getTime.call(value)
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

/** An option that is a time. */
export function date(): Field<Date, Date> & { readonly fallback?: undefined } {
  return { expected: "a valid Date, such as new Date('2030-01-31T08:00:00Z')", parse: dateOf }
}
