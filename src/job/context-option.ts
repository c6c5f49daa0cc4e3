import { custom, isObject } from '../kit/options.ts'
import type { Json } from './json.ts'

/** Whether it holds what it has by names: a list cannot be joined with what travels along already. */
export function isContext(value: unknown): boolean {
  return isObject(value) && !Array.isArray(value)
}

/** The option of what travels with a job. */
export function contextField() {
  return custom<Readonly<Record<string, Json>>>({
    expected: 'an object that JSON can hold',
    accepts: isContext,
  })
}
