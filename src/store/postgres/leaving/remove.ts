import { among } from '../lookup.ts'
import type { Session } from '../session.ts'

/** Of the columns of `completed`, each an array with a place a job; the last two are null where no job has any. */
const ARRAYS = ['seqs', 'epochs', 'attempts', 'crashes', 'dues', 'cares', 'afters']

/** The array without the places of the jobs that are deleted. */
const without = (column: string): string => `${column} = case when c.${column} is not null then array(
      select c.${column}[place] from generate_subscripts(c.seqs, 1) as place
      where not exists (select from wanted where seq = c.seqs[place]) order by place) end`

/**
 * Deletes jobs that are settled, with all that was kept of them, and takes them out of the rows that they share with
 * others. One that was cancelled while it ran is left until its worker has let go of it: that is how its handler is told.
 */
const REMOVE = `with wanted as materialized (
    select seq, id from millhand.jobs where id = any($1::text[])
  ), deleted as (
    delete from millhand.settled where ${among('seq', 'wanted')} and worker is null returning seq
  ), shared as materialized (
    select id, seqs from millhand.completed where seqs && array(select seq from wanted) order by id for update
  ), emptied as (
    delete from millhand.completed where id = any (array(select id from shared where seqs <@ array(select seq from wanted)))
  ), shortened as (
    update millhand.completed c set ${ARRAYS.map(without).join(',\n      ')}
    from shared where c.id = shared.id and not shared.seqs <@ array(select seq from wanted)
  ), removed as materialized (
    select seq from deleted
    union all select seq from wanted where exists (select from shared where seqs @> array[wanted.seq])
  ), details as (
    delete from millhand.details where ${among('seq', 'removed')}
  ), logs as (
    delete from millhand.logs where ${among('job', 'removed')}
  ), results as (
    delete from millhand.results where ${among('job', 'removed')}
  )
  delete from millhand.jobs where ${among('seq', 'removed')} returning id`

export async function removeSettled(session: Session, ids: readonly string[]): Promise<string[]> {
  const rows = await session.rows<{ id: string }>(REMOVE, ids)
  return rows.map(({ id }) => id)
}
