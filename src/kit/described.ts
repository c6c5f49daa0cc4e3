import { readSafely } from './brand.ts'

/**
 * What a value says that it is, where a message has to show it: "the definition of 'mail.send'" says more than its first
 * eighty characters. What has it is no record of options or data, though it is a plain object.
 */
export const DESCRIPTION: unique symbol = Symbol.for('millhand.description')

/** What a value says that it is; `undefined` where it says nothing. */
export function descriptionOf(value: unknown): string | undefined {
  const said = readSafely(value, DESCRIPTION)
  return typeof said === 'string' ? said : undefined
}
