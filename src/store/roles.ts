import { isFunction, isObject } from '../kit/options.ts'
import type { Store } from './store.ts'

type Calls = Readonly<Record<string, (...values: never[]) => Promise<unknown>>>

/**
 * The roles of a store by their names: what is an object of nothing but calls. For whoever stands in front of all of them,
 * so that a new role or verb is covered without a word.
 */
export function rolesOf(store: Store): readonly (readonly [name: string, role: Calls])[] {
  return Object.entries(store).filter(([, part]) => isRole(part))
}

function isRole(part: unknown): boolean {
  if (!isObject(part)) return false
  const members = Object.values(part as object)
  return members.length > 0 && members.every(isFunction)
}
