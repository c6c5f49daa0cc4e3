import {
  type NewOperation,
  OPERATIONS_KEPT,
  type OperationRecord,
  type Piece,
  type Stepped,
} from '../operations.ts'
import { CANCEL_LOOKS } from './control.ts'
import type { Database } from './database.ts'
import { doAll, type Surroundings } from './deeds.ts'
import type { Session } from './session.ts'
import { NOW, statement } from './sql.ts'

const COLUMNS = `id, verb, asked, by, started_at as "startedAt", finished_at as "finishedAt", before_seq as "beforeSeq", done`

/** All jobs that are there. One that is stored meanwhile by a transaction that has begun before may be among them, or not. */
const BEGIN = statement(
  { id: 'text', verb: 'text', asked: 'text', by: 'text' },
  `insert into millhand.operations (id, verb, asked, by, started_at, before_seq)
    values ($id, $verb, $asked, $by, ${NOW}, coalesce((select max(seq) from millhand.jobs), 0) + 1)
    on conflict (id) do nothing`,
)

const FORGET =
  'delete from millhand.operations where number <= (select max(number) from millhand.operations) - $1::bigint'

const GET = `select ${COLUMNS} from millhand.operations where id = $1`

export async function begin(session: Session, operation: NewOperation): Promise<OperationRecord> {
  const { id, verb, asked, by } = operation
  await session.at(BEGIN.text, ...BEGIN.values({ id, verb, asked, by }))
  await session.rows(FORGET, OPERATIONS_KEPT)
  const [record] = await session.rows<OperationRecord>(GET, id)
  return record as OperationRecord
}

const STEP = `update millhand.operations set before_seq = $3::bigint, done = done + $4::bigint,
    finished_at = case when $3::bigint = 0 then ${NOW} end
  where id = $2 returning ${COLUMNS}`

/** A piece of which some jobs have moved meanwhile is done in several looks, each by itself: see `cancelOnce`. */
export async function step(database: Database, piece: Piece, around: Surroundings): Promise<Stepped | null> {
  const ids: string[] = []
  for (let [rest, look] = [piece.ids, 1]; ; look += 1) {
    const isLast = look === CANCEL_LOOKS
    const stepped = await database.transaction((_, session) =>
      stepOnce(session, { ...piece, ids: rest }, { ...around, isLast }),
    )
    if (!stepped) return null
    ids.push(...stepped.ids)
    rest = stepped.rest
    if (rest.length === 0 || isLast) return { record: stepped.record, ids }
  }
}

/**
 * In a transaction: whoever makes the same step at the same time waits here until it is done, and finds that it is. The operation
 * stays where it is as long as there is a rest.
 */
async function stepOnce(
  session: Session,
  { operation, deed, ids, fromSeq, toSeq }: Piece,
  { isLast, ...around }: Surroundings & { readonly isLast: boolean },
): Promise<(Stepped & { readonly rest: readonly string[] }) | null> {
  const [record] = await session.rows<OperationRecord>(`${GET} for update`, operation)
  if (record?.beforeSeq !== fromSeq) return record ? { record, ids: [], rest: [] } : null
  const { done, rest } = await doAll(session, deed, { ids, ...around })
  const stands = rest.length > 0 && !isLast ? fromSeq : toSeq
  const [stepped] = await session.at<OperationRecord>(STEP, operation, stands, done.length)
  return { record: stepped ?? record, ids: done, rest }
}

const LIST = `select ${COLUMNS} from millhand.operations order by number desc limit $1`

export function list(session: Session, limit: number): Promise<OperationRecord[]> {
  return session.rows<OperationRecord>(LIST, limit)
}
