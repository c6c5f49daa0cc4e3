import {
  type NewOperation,
  OPERATIONS_KEPT,
  type OperationRecord,
  type Piece,
  type Stepped,
} from '../operations.ts'
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

/** In a transaction: whoever makes the same step at the same time waits here until it is done, and finds that it is. */
export async function step(session: Session, piece: Piece, around: Surroundings): Promise<Stepped | null> {
  const { operation, deed, fromSeq, toSeq } = piece
  const [record] = await session.rows<OperationRecord>(`${GET} for update`, operation)
  if (record?.beforeSeq !== fromSeq) return record ? { record, ids: [] } : null
  const ids = await doAll(session, deed, { ids: piece.ids, ...around })
  const [stepped] = await session.at<OperationRecord>(STEP, operation, toSeq, ids.length)
  return { record: stepped ?? record, ids }
}

const LIST = `select ${COLUMNS} from millhand.operations order by number desc limit $1`

export function list(session: Session, limit: number): Promise<OperationRecord[]> {
  return session.rows<OperationRecord>(LIST, limit)
}
