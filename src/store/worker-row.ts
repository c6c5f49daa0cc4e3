import { readOrder } from '../job/orders.ts'
import { type Ability, isAble } from '../job/requirements.ts'
import { readStored, readTexts } from '../job/stored.ts'
import type { WorkerRecord } from './workers.ts'

/** A worker as a database gives it: lists are JSON there. */
export type WorkerRow = Omit<WorkerRecord, 'names' | 'queues' | 'schedules' | 'order' | 'ability'> & {
  readonly names: string | null
  readonly queues: string | null
  readonly schedules: string | null
  readonly orders: string | null
  readonly ability: string | null
}

export function toWorkerRecord({ schedules, orders, ability, ...row }: WorkerRow): WorkerRecord {
  const declared = parse(schedules)
  return {
    ...row,
    order: readOrder(orders),
    names: parse(row.names),
    queues: parse(row.queues),
    ...(declared && { schedules: declared }),
    ...(ability !== null && { ability: readAbility(ability) }),
  }
}

/** What a worker is able to do, as it is kept: JSON, and nothing where it has said nothing. */
export function storedAbility(ability: Ability | undefined): string | null {
  return ability && isAble(ability) ? JSON.stringify(ability) : null
}

function readAbility(json: string): Ability {
  const { capabilities, version } = Object(readStored(json)) as Partial<Record<keyof Ability, unknown>>
  return {
    capabilities: readTexts(JSON.stringify(capabilities ?? [])),
    version: typeof version === 'string' ? version : null,
  }
}

function parse(json: string | null): string[] | null {
  return json === null ? null : readTexts(json)
}
