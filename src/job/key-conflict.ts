import { jobError } from './errors.ts'
import type { Conflict } from './key.ts'

/** @throws MillhandError `key_conflict` where there is any: then not one of the jobs is stored */
export function requireNoConflict(conflicts: readonly Conflict[]): void {
  const [first] = conflicts
  if (first) throw jobError('key_conflict', { ...first, conflicts })
}
