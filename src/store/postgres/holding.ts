/**
 * How jobs leave the rows of `claims` that they stand in, whatever becomes of them: the parts that all statements have in
 * common which move them.
 */

/** The rows of these workers that may hold jobs from one number to another, locked in one order: see `locked`. */
interface Range {
  readonly workers: string
  readonly low: string
  readonly high: string
}

/** Whoever waited for a lock sees what the other one has left in the rows. */
export const locked = ({ workers, low, high }: Range): string => `held as materialized (
    select * from millhand.claims where worker = any(${workers}::text[]) and high >= ${low} and low <= ${high}
    order by id for update
  )`

/** Each job of the rows `h`, with what is said of its row. */
export const membersOf = (rows: string): string => `select h.id, h.worker, h.call, h.begun, h.started_at,
    u.seq, u.epoch, u.attempt, u.crashes, u.due_at, coalesce(u.care, 0::smallint) as care, u.expires_at
  from ${rows} h cross join lateral unnest(h.seqs, h.epochs, h.attempts, h.crashes, h.dues, h.cares, h.expiries)
    as u(seq, epoch, attempt, crashes, due_at, care, expires_at)`

/** Jobs as a row of `completed` keeps them: short numbers, so that a row of many stays in line. */
export const AS_ROW = `array_agg(seq order by seq) as seqs, array_agg(epoch order by seq) as epochs,
    array_agg(attempt::smallint order by seq) as attempts, array_agg(crashes::smallint order by seq) as crashes,
    array_agg(due_at order by seq) as dues, case when max(care) > 0 then array_agg(care order by seq) end as cares`

/** The same with what only `claims` says of them. */
export const AS_CLAIMS = `min(seq) as low, max(seq) as high, ${AS_ROW},
    case when count(expires_at) > 0 then array_agg(expires_at order by seq) end as expiries`

/** Takes those of `each` that `leave` out of their rows, and rows that have no other; and the rows that `whole` gives. */
export const leaving = (whole?: string): string => `rest as materialized (
    select id, ${AS_CLAIMS} from each where not leaves and id in (select id from each where leaves) group by id
  ), shrunk as (
    update millhand.claims c set low = r.low, high = r.high, seqs = r.seqs, epochs = r.epochs, attempts = r.attempts,
      crashes = r.crashes, dues = r.dues, cares = r.cares, expiries = r.expiries from rest r where c.id = r.id
  ), emptied as (
    delete from millhand.claims where id = any (array(
      select id from each where leaves except select id from rest${whole ? ` union all ${whole}` : ''}))
  )`

/**
 * Runs a statement on jobs that workers hold, which gives those that it did not find, and runs it again on these. Whoever
 * has waited for a row sees what became of it, but no row that was made meanwhile: a job that began in that very moment
 * stands in such a one. It begins once, so that a second look finds it.
 */
export async function lookingTwice<Item extends { readonly seq: number }>(
  items: readonly Item[],
  write: (items: readonly Item[]) => Promise<ReadonlySet<number>>,
): Promise<ReadonlySet<number>> {
  const missed = await write(items)
  return missed.size === 0 ? missed : write(items.filter(({ seq }) => missed.has(seq)))
}

/** The numbers of the items that are not among those of the rows. */
export function missing(
  items: readonly { readonly seq: number }[],
  rows: readonly { readonly seq: number }[],
): ReadonlySet<number> {
  const found = new Set(rows.map(({ seq }) => seq))
  return new Set(items.map(({ seq }) => seq).filter((seq) => !found.has(seq)))
}
