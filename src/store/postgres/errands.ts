import { wake } from './change.ts'
import type { GatedClaims } from './claiming/gated.ts'
import { CANCEL_LOOKS, cancelOnce } from './control.ts'
import type { Database } from './database.ts'
import type { Lanes } from './lanes.ts'
import { waitsFor } from './pending.ts'
import type { Session } from './session.ts'
import { CLOCK, statement } from './sql.ts'

/**
 * What the functions of the schema leave to a worker (see migrations/016_sql.ts): in the transaction of an application, which may
 * stay open for long, it would keep others waiting.
 */

interface Errand {
  readonly number: number
  readonly seq: number
  readonly verb: string
  readonly reason: string | null
  readonly id: string
  readonly queue: string
  readonly name: string
  readonly limits: string | null
}

/** Those of a job that was pruned meanwhile are done. */
const OPEN = `select e.number, e.job as seq, case when j.seq is null then 'none' else e.verb end as verb, e.reason, j.id, j.queue, j.name, j.limits
  from millhand.errands e left join millhand.jobs j on j.seq = e.job order by e.number limit $1::integer`

/** What somebody else runs at this moment is left to him. */
const TAKE =
  'select number from millhand.errands where number = any($1::bigint[]) order by number for update skip locked'

/** One of a job that somebody has locked is run later. */
const DONE = `delete from millhand.errands e where number = any($1::bigint[])
  and not exists (select from millhand.pending p where e.verb = 'lane' and p.seq = e.job and p.waits = 4) returning number`

/**
 * They wait for a worker, or their due time, in a lane that is there by now. One that was moved to another queue after its errand
 * was read has that of its new place.
 */
const ADOPT = statement(
  { seqs: 'bigint[]', lanes: 'integer[]' },
  `with ${CLOCK}, adopted as (
    update millhand.pending p set lane = g.lane, waits = ${waitsFor('p.due_at')}
    from (
      select p.seq, case when p.lane = 0 then l.lane else p.lane end as lane from millhand.pending p join unnest($seqs, $lanes) as l(seq, lane) using (seq)
      where p.waits = 4 order by p.seq for update of p skip locked
    ) g where p.seq = g.seq returning p.seq
  ), woken as materialized (${wake('ready', 'exists (select from adopted)')})
  select count(*)::integer as count from adopted where (select count(*) from woken) >= 0`,
)

interface Parts {
  readonly database: Database
  readonly claims: GatedClaims
  readonly lanes: Lanes
}

/** Does at most so many of them; gives how many those were. */
export async function doErrands(limit: number, { database, claims, lanes }: Parts): Promise<number> {
  const left = new Set<string>()
  let count = 0
  // Jobs that move meanwhile are looked for again: see `cancelOnce`.
  for (let look = 1; look <= CANCEL_LOOKS; look += 1) {
    const { done, rest } = await inTransaction(limit, { database, lanes, left })
    count += done
    if (!rest) break
  }
  if (count > 0) claims.reset()
  await claims.left(left)
  return count
}

interface DoneErrands {
  readonly done: number
  /** There are some to be done again. */
  readonly rest: boolean
}

/** `left` gains the gates that cancelled jobs have left. */
async function inTransaction(
  limit: number,
  { database, lanes, left }: Omit<Parts, 'claims'> & { readonly left: Set<string> },
): Promise<DoneErrands> {
  const errands = await database.session.rows<Errand>(OPEN, limit)
  if (errands.length === 0) return { done: 0, rest: false }
  const laneless = errands.filter(({ verb }) => verb === 'lane')
  // Before, and by itself: nobody is to wait for a lane until this is committed.
  const ids = await lanes.of(laneless)
  const places = laneless.map((errand, index) => ({ ...errand, lane: ids[index] as number }))
  return database.transaction(async (_, session) => {
    // This process sleeps for it as any other.
    const within = session.guest()
    const taken = await take(within, errands)
    await adopt(within, places.filter(isIn(taken)))
    const moved = await cancelAll(within, errands.filter(isIn(taken)), left)
    const done = errands.filter((errand) => taken.has(errand.number) && !moved.has(errand))
    const rows = await within.rows(
      DONE,
      done.map(({ number }) => number),
    )
    return { done: rows.length, rest: moved.size > 0 }
  })
}

function isIn(taken: ReadonlySet<number>): (errand: Errand) => boolean {
  return ({ number }) => taken.has(number)
}

async function take(session: Session, errands: readonly Errand[]): Promise<ReadonlySet<number>> {
  const rows = await session.rows<{ number: number }>(
    TAKE,
    errands.map(({ number }) => number),
  )
  return new Set(rows.map(({ number }) => number))
}

async function adopt(
  session: Session,
  places: readonly (Errand & { readonly lane: number })[],
): Promise<void> {
  if (places.length === 0) return
  const values = ADOPT.values({
    seqs: places.map(({ seq }) => seq),
    lanes: places.map(({ lane }) => lane),
  })
  await session.at(ADOPT.text, ...values)
}

/** Each with its own reason; a job that has ended meanwhile has ended. Gives those whose job has moved meanwhile. */
async function cancelAll(
  session: Session,
  errands: readonly Errand[],
  left: Set<string>,
): Promise<ReadonlySet<Errand>> {
  const moved = new Set<Errand>()
  const asked = errands.filter(({ verb }) => verb === 'cancel')
  const byReason = Map.groupBy(asked, ({ reason }) => reason ?? '')
  for (const [reason, some] of byReason) {
    const ids = [...new Set(some.map(({ id }) => id))]
    const { rest } = await cancelOnce(session, ids, { reason, left })
    for (const errand of some) if (rest.includes(errand.id)) moved.add(errand)
  }
  return moved
}
