import type { Marks } from './database.ts'

/** A row of what is asked for them. */
export interface Mark {
  readonly id: string
  readonly mark: string
}

export function marksOf(rows: readonly Mark[]): Marks {
  return new Map(rows.map(({ id, mark }) => [id, mark]))
}

/** The ids of those that are another, or new. */
export function changedIn(marks: Marks, before: Marks): string[] {
  return [...marks].filter(([id, mark]) => before.get(id) !== mark).map(([id]) => id)
}
