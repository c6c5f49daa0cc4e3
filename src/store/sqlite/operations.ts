import {
  type NewOperation,
  OPERATIONS_KEPT,
  type OperationRecord,
  type Piece,
  type Stepped,
} from '../operations.ts'
import type { Connection } from './connection.ts'
import { doAll } from './deeds.ts'
import { atMost } from './parameters.ts'

const COLUMNS = `id, verb, asked, by, started_at as startedAt, finished_at as finishedAt, before_seq as beforeSeq, done`

/** All jobs that are there: numbers are never given twice. */
const BEGIN = `insert into millhand_operations (id, verb, asked, by, started_at, before_seq)
  values (?, ?, ?, ?, ?, coalesce((select max(seq) from millhand_jobs), 0) + 1) on conflict (id) do nothing`

const FORGET =
  'delete from millhand_operations where number <= (select max(number) from millhand_operations) - ?'

const GET = `select ${COLUMNS} from millhand_operations where id = ?`

export function begin(connection: Connection, operation: NewOperation, nowMs: number): OperationRecord {
  const { id, verb, asked, by } = operation
  connection.run(BEGIN, id, verb, asked, by, nowMs)
  connection.run(FORGET, OPERATIONS_KEPT)
  return connection.get<OperationRecord>(GET, id) as OperationRecord
}

const STEP = `update millhand_operations set before_seq = ?2, done = done + ?3, finished_at = iif(?2 = 0, ?4, null)
  where id = ?1 returning ${COLUMNS}`

export function step(connection: Connection, piece: Piece, nowMs: number): Stepped | null {
  const { operation, deed, fromSeq, toSeq } = piece
  const record = connection.get<OperationRecord>(GET, operation)
  if (record?.beforeSeq !== fromSeq) return record ? { record, ids: [] } : null
  const ids = doAll(connection, deed, { ids: piece.ids, nowMs })
  return {
    record: connection.get<OperationRecord>(STEP, operation, toSeq, ids.length, nowMs) ?? record,
    ids,
  }
}

const LIST = `select ${COLUMNS} from millhand_operations order by number desc ${atMost()}`

export function list(connection: Connection, limit: number): OperationRecord[] {
  return connection.all<OperationRecord>(LIST, limit)
}
