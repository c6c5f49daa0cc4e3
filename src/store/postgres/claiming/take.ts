import { AS_CLAIMS } from '../holding.ts'
import { ASKED_DUE_AT } from '../order.ts'
import { takenIn } from './held.ts'

/** Jobs that stand in one row of `claims`: few enough that the row is not moved out of line. */
const CLAIM_ROW_JOBS = 64
/** Rows that one call may make: each call draws a number, and names them by that. */
export const HOLD_ROWS = 1_024

/** How much of what is `chosen` (place, rank, due_at, seq, bytes) fits into one answer: the best, and one in any case. */
export const FITTING = `weight as materialized (
    select sum(bytes) as bytes, array_agg(place) as places from chosen
  ), ordered as materialized (
    select place, sum(bytes) over best as bytes, row_number() over best as nth
    from chosen window best as (order by rank, due_at, seq)
  ), fitting as materialized (
    select case when bytes <= $bytesMax then places
      else array(select place from ordered where nth = 1 or bytes <= $bytesMax) end as places from weight
  )`

/** Whether anything chosen does not fit. Where all does, nothing is counted twice: the sum has been asked for anyway. */
export const LEAVES_SOME = 'exists (select from weight where bytes > $bytesMax and cardinality(places) > 1)'

/** What `TAKING` needs beside the worker: the name of the call, and how many of the best jobs begin with it. */
export const TAKING_PARAMETERS = { call: 'text', begins: 'integer' } as const

/**
 * Takes what is `fitting` and makes it the worker's: those that begin stand in other rows than those that it only holds,
 * so that what is said of a row is so of all its jobs.
 */
export const TAKING = `taken as (
    delete from millhand.pending where ctid = any ((select places from fitting)::tid[])
    returning seq, rank, due_at, asked_due_at, expires_at, attempt, epoch, crashes, care, detailed
  ), parted as materialized (
    select *, nth <= $begins as begun, case when nth <= $begins then (nth - 1) / ${CLAIM_ROW_JOBS}
      else $begins / ${CLAIM_ROW_JOBS} + 1 + (nth - 1 - $begins) / ${CLAIM_ROW_JOBS} end as part
    from (select *, row_number() over (order by rank, due_at, seq) as nth from taken) numbered
  ), hold as materialized (
    select nextval('millhand.holds') * ${HOLD_ROWS} as first
  ), held as (
    insert into millhand.claims (id, worker, call, begun, started_at, low, high, seqs, epochs, attempts, crashes, dues,
      cares, expiries)
    select (select first from hold) + part, $worker, $call, begun, (select now from clock), low, high, seqs, epochs, attempts, crashes, dues, cares,
      case when not begun then expiries end
    from (select part, bool_and(begun) as begun, ${AS_CLAIMS} from (
      select part, begun, seq, epoch + 1 as epoch, attempt + 1 as attempt, crashes, ${ASKED_DUE_AT} as due_at, care, expires_at from parted
    ) p group by part) rows
    returning id, call, begun, started_at, seqs, epochs, attempts, crashes, dues, cares, expiries
  ), claimed as (
    select seq, epoch + 1 as epoch, 'claim' as verb, 'running' as state from parted where begun
  )`

/** What was taken: see `takenIn`. */
export const TAKEN = takenIn('held', 'parted where asked_due_at is not null')
