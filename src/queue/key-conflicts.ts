import { jobError } from '../job/errors.ts'
import type { Conflict } from '../job/key.ts'
import { isMillhandError } from '../kit/error.ts'
import type { Inserted } from '../store/jobs.ts'

/** The jobs of one call that were refused since their keys are held; none where it is another error. */
function conflictsOf(error: unknown): readonly Conflict[] {
  if (!isMillhandError(error, 'key_conflict')) return []
  return (error.facts as { readonly conflicts?: readonly Conflict[] }).conflicts ?? []
}

/** What the call of one job alone is refused with. */
export function asOfOne(error: unknown): unknown {
  const [conflict] = conflictsOf(error)
  return conflict ? refusalOf(conflict) : error
}

function refusalOf({ index: _, ...facts }: Conflict): Error {
  return jobError('key_conflict', facts)
}

/** The same of a piece of a longer call: where it begins in that. */
export function countedFrom(error: unknown, from: number): unknown {
  const conflicts = conflictsOf(error).map((each) => ({ ...each, index: each.index + from }))
  const [first] = conflicts
  return first && from > 0 ? jobError('key_conflict', { ...first, conflicts }) : error
}

/** Inserts the jobs of many calls: those that are refused do not refuse the others. */
export async function insertingApart<Item>(
  items: readonly Item[],
  insert: (items: readonly Item[]) => Promise<readonly Inserted[]>,
): Promise<(Inserted | Error)[]> {
  const results = new Map<Item, Inserted | Error>()
  // Each round refuses one at least, or is the last.
  for (let rest = items; rest.length > 0; ) {
    const round = rest
    try {
      for (const [index, inserted] of (await insert(round)).entries())
        results.set(round[index] as Item, inserted)
      break
    } catch (error) {
      const conflicts = conflictsOf(error)
      if (conflicts.length === 0) throw error
      for (const conflict of conflicts) results.set(round[conflict.index] as Item, refusalOf(conflict))
      rest = round.filter((item) => !results.has(item))
    }
  }
  return items.map((item) => results.get(item) as Inserted | Error)
}
