import { AS_CLAIMS } from './holding.ts'

/** Jobs that stand in one row of `claims`: few enough that the row is not moved out of line. */
const CLAIM_ROW_JOBS = 64

/** How much of what is `chosen` (place, rank, due_at, seq, bytes) fits into one answer: the best, and one in any case. */
export const fitting = (bytesMax: string): string => `ordered as materialized (
    select place, sum(bytes) over best as bytes, row_number() over best as nth
    from chosen window best as (order by rank, due_at, seq)
  ), fitting as materialized (
    select place from chosen where (select sum(bytes) from chosen) <= ${bytesMax}::bigint
    union all select place from ordered
    where (select sum(bytes) from chosen) > ${bytesMax}::bigint and (nth = 1 or bytes <= ${bytesMax}::bigint)
  )`

/** The parameters that name the call, and say how many of the best jobs begin with it. */
interface Taking {
  readonly call: string
  readonly begins: string
}

/**
 * Takes what is `fitting` and makes it the worker's: those that begin stand in other rows than those that it only holds,
 * so that what is said of a row is so of all its jobs.
 */
export const taking = ({ call, begins }: Taking): string => `taken as (
    delete from millhand.pending where ctid = any (array(select place from fitting))
    returning seq, rank, due_at, expires_at, attempt, epoch, crashes, care, detailed
  ), numbered as materialized (
    select *, row_number() over (order by rank, due_at, seq) as nth from taken
  ), parted as materialized (
    select *, nth <= ${begins}::integer as begun, case when nth <= ${begins}::integer then (nth - 1) / ${CLAIM_ROW_JOBS}
      else ${begins}::integer / ${CLAIM_ROW_JOBS} + 1 + (nth - 1 - ${begins}::integer) / ${CLAIM_ROW_JOBS} end as part
    from numbered
  ), holds as materialized (
    select part, nextval('millhand.holds') as hold from (select distinct part from parted) parts
  ), held as (
    insert into millhand.claims (id, worker, call, begun, started_at, low, high, seqs, epochs, attempts, crashes, dues,
      cares, expiries)
    select hold, $2, ${call}, begun, (select now from clock), low, high, seqs, epochs, attempts, crashes, dues, cares,
      case when not begun then expiries end
    from (select hold, begun, ${AS_CLAIMS} from (
      select hold, begun, seq, epoch + 1 as epoch, attempt + 1 as attempt, crashes, due_at, care, expires_at
      from parted join holds using (part)) p group by hold, begun) rows
  ), claimed as (
    select seq, epoch + 1 as epoch, 'claim' as verb, 'running' as state from parted where begun
  )`
