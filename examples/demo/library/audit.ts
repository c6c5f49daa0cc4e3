import type { Library } from './library.ts'

export interface Audit {
  /** Files whose text should be in the index and is not, or not whole. */
  lost: number
  /** Times that a document was written again after the first. */
  duplicates: number
  /** Files whose text is in the index although their job says that it was skipped or failed. */
  unexpected: number
}

/**
 * Compares the files that were found in a run with what is in the index: it counts the passages and the log of writes,
 * and takes no job's word for it, but for whether a file was skipped or failed. One statement, so that the files need
 * not fit into memory.
 */
export async function audit({ database }: Library, run: number): Promise<Audit> {
  const [found] = await database.rows<Audit>(
    `with stored as (
      select path, count(*) as total, count(distinct position) as different from passages group by path
    ), written as (
      select path, count(*) as times from applied group by path
    ), promised as (
      select path, max(passage_count) as passages from documents group by path
    ), compared as (
      select coalesce(files.state, '') not in ('skipped', 'failed') as indexed,
        coalesce(written.times, 0) as times, coalesce(stored.total, 0) as total,
        coalesce(stored.different, 0) as different, coalesce(promised.passages, 0) as passages
      from files left join stored on stored.path = files.path left join written on written.path = files.path
        left join promised on promised.path = files.path
      where files.run = $1
    )
    select count(*) filter (where indexed and (times = 0 or different <> passages)) as lost,
      count(*) filter (where not indexed and total + times > 0) as unexpected,
      coalesce(sum(case when times > 1 then times - 1 when total > different then 1 else 0 end), 0) as duplicates
    from compared`,
    run,
  )
  return { lost: 0, duplicates: 0, unexpected: 0, ...found }
}
