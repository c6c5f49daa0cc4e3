import { readOrder } from '../job/orders.ts'
import { readTexts } from '../job/stored.ts'
import type { WorkerRecord } from './workers.ts'

/** A worker as a database gives it: lists are JSON there. */
export type WorkerRow = Omit<WorkerRecord, 'names' | 'queues' | 'schedules' | 'order'> & {
  readonly names: string | null
  readonly queues: string | null
  readonly schedules: string | null
  readonly orders: string | null
}

export function toWorkerRecord({ schedules, orders, ...row }: WorkerRow): WorkerRecord {
  const declared = parse(schedules)
  return {
    ...row,
    order: readOrder(orders),
    names: parse(row.names),
    queues: parse(row.queues),
    ...(declared && { schedules: declared }),
  }
}

function parse(json: string | null): string[] | null {
  return json === null ? null : readTexts(json)
}
