import { type OperationVerb, readAsked } from '../job/operation.ts'
import { toDate } from '../job/stored.ts'
import { type FieldsOf, integer, parseOptions } from '../kit/options.ts'
import { OPERATIONS_KEPT, type OperationRecord } from '../store/operations.ts'
import type { Store } from '../store/store.ts'

/** Which operations `queue.operations` gives. */
export interface OperationsOptions {
  /** At most this many, the newest. Default 100, from 1 to 1,000, which is how many are kept. */
  readonly limit?: number
}

/** What was done to many jobs: who, when, what. */
export interface Operation {
  readonly id: string
  readonly verb: OperationVerb
  /** Who asked for it, where that was said. */
  readonly by?: string
  /** The jobs that were asked for, as conditions of `queue.matching`; durations in milliseconds. */
  readonly filter: Readonly<Record<string, unknown>>
  /** What belongs to the verb, where something does. */
  readonly reason?: string
  readonly priority?: number
  readonly dueAt?: Date
  readonly queue?: string
  readonly startedAt: Date
  /** Not there: it is still going on, or stopped half way. */
  readonly finishedAt?: Date
  /** To how many jobs it was done. */
  readonly jobs: number
}

const operationsFields = {
  limit: integer({ default: 100, min: 1, max: OPERATIONS_KEPT }),
} satisfies FieldsOf<OperationsOptions>

/** Newest first. @throws MillhandError `unknown_option`, `invalid_option` */
export async function listOperations(store: Store, options: OperationsOptions = {}): Promise<Operation[]> {
  const { limit } = parseOptions('operations', operationsFields, options)
  return (await store.operations.list(limit)).map(toOperation)
}

function toOperation({ id, verb, by, asked, startedAt, finishedAt, done }: OperationRecord): Operation {
  const { filter, how, atMs } = readAsked(asked)
  const { delayMs, dueAt = delayMs === undefined ? undefined : atMs + delayMs, ...others } = how
  return {
    ...{ id, verb },
    ...(by !== null && { by }),
    ...{ filter, ...(others as Pick<Operation, 'reason' | 'priority' | 'queue'>) },
    ...(dueAt !== undefined && { dueAt: toDate(dueAt) }),
    startedAt: toDate(startedAt),
    ...(finishedAt !== null && { finishedAt: toDate(finishedAt) }),
    jobs: done,
  }
}
