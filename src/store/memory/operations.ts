import {
  type NewOperation,
  OPERATIONS_KEPT,
  type OperationRecord,
  type Piece,
  type Stepped,
} from '../operations.ts'
import type { MemoryData } from './data/data.ts'
import { doAll } from './deeds.ts'

export function begin(data: MemoryData, operation: NewOperation): OperationRecord {
  const begun = data.operations.get(operation.id)
  if (begun) return { ...begun }
  const { id, verb, asked, by } = operation
  const startedAt = data.clock.now()
  const record = { id, verb, asked, by, startedAt, finishedAt: null, beforeSeq: data.lastSeq + 1, done: 0 }
  data.operations.set(id, record)
  for (const old of [...data.operations.keys()].slice(0, -OPERATIONS_KEPT)) data.operations.delete(old)
  return { ...record }
}

export function step(data: MemoryData, piece: Piece): Stepped | null {
  const record = data.operations.get(piece.operation)
  if (record?.beforeSeq !== piece.fromSeq) return record ? { record: { ...record }, ids: [] } : null
  const ids = doAll(data, piece.deed, piece.ids)
  const finishedAt = piece.toSeq === 0 ? data.clock.now() : null
  const stepped = { ...record, beforeSeq: piece.toSeq, done: record.done + ids.length, finishedAt }
  data.operations.set(record.id, stepped)
  return { record: { ...stepped }, ids }
}

export function list(data: MemoryData, limit: number): OperationRecord[] {
  const newestFirst = [...data.operations.values()].reverse()
  return newestFirst.slice(0, limit).map((record) => ({ ...record }))
}
