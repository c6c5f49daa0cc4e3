import type { DatabaseSync } from 'node:sqlite'

/** A file that was found, and whether its text belongs into the index: not when its job was skipped or failed. */
export interface ExpectedFile {
  path: string
  indexed: boolean
}

export interface Audit {
  /** Files whose text should be in the index and is not, or not whole. */
  lost: number
  /** Times that a document was written again after the first. */
  duplicates: number
  /** Files whose text is in the index although their job says that it was skipped or failed. */
  unexpected: number
}

/**
 * Compares the files that were found with what is in the index: it counts the passages and the log of writes, and takes
 * no job's word for it.
 */
export function audit(db: DatabaseSync, files: Iterable<ExpectedFile>): Audit {
  const passages = countPassages(db)
  const written =
    db.prepare(`select coalesce((select passage_count from documents where path = ?1), 0) as passages,
    (select count(*) from applied where path = ?1) as times`)
  const found: Audit = { lost: 0, duplicates: 0, unexpected: 0 }
  for (const { path, indexed } of files) {
    const document = written.get(path) as { passages: number; times: number }
    const stored = passages.get(path) ?? { total: 0, distinct: 0 }
    const whole = document.times > 0 && stored.distinct === document.passages
    if (indexed && !whole) found.lost += 1
    if (!indexed && stored.total + document.times > 0) found.unexpected += 1
    const repeats = stored.total > stored.distinct ? 1 : 0
    found.duplicates += Math.max(document.times - 1, repeats)
  }
  return found
}

interface PassageCount {
  total: number
  distinct: number
}

/** In one pass over all of them: a full-text table has no index on the path. */
function countPassages(db: DatabaseSync): Map<string, PassageCount> {
  const rows = db.prepare(`select path, count(*) as total, count(distinct position) as "distinct"
    from passages group by path`)
  const counts = new Map<string, PassageCount>()
  for (const row of rows.iterate()) {
    const { path, total, distinct } = row as unknown as PassageCount & { path: string }
    counts.set(path, { total, distinct })
  }
  return counts
}
