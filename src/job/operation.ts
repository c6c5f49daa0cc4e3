import { isObject } from '../kit/options.ts'
import { DEFAULT_QUEUE } from './names.ts'
import type { JobState } from './state.ts'
import { readStored } from './stored.ts'

/**
 * What an operator does to many jobs at once, and in which states of theirs it can be done. What a worker holds and has not
 * begun is left as it is by the three that change what waits; a cancelled job whose handler still runs is not deleted.
 */
export const OPERATIONS = {
  cancel: ['pending', 'running'],
  retry: ['failed', 'cancelled'],
  reprioritise: ['pending'],
  reschedule: ['pending'],
  move: ['pending'],
  delete: ['complete', 'failed', 'cancelled'],
} as const satisfies Record<string, readonly JobState[]>

export type OperationVerb = keyof typeof OPERATIONS

/** What is done to each of the jobs. */
export type Deed =
  | { readonly verb: 'cancel'; readonly reason: string }
  | { readonly verb: 'retry' }
  | { readonly verb: 'delete' }
  | Rearrangement

/** What changes where a job waits. */
export type Rearrangement =
  | { readonly verb: 'reprioritise'; readonly priority: number }
  /** `dueAt` in milliseconds since the epoch. */
  | { readonly verb: 'reschedule'; readonly dueAt: number }
  | { readonly verb: 'move'; readonly queue: string }

/** What an operation was asked for, as it is kept with it. */
export interface Asked {
  /** The conditions, with durations in milliseconds. */
  readonly filter: Readonly<Record<string, unknown>>
  readonly how: {
    readonly reason?: string
    readonly priority?: number | undefined
    /** `dueAt` in milliseconds since the epoch, or `delayMs` after it began. */
    readonly dueAt?: number
    readonly delayMs?: number
    readonly queue?: string
  }
  /** When it began, by the store's clock: what ages and delays are reckoned from. */
  readonly atMs: number
}

export function askedText(asked: Asked): string {
  return JSON.stringify(asked)
}

/** What was asked for; of a row that somebody has changed, nothing. */
export function readAsked(text: string): Asked {
  const stored = readStored(text)
  const { filter = {}, how = {}, atMs = 0 } = (isObject(stored) ? stored : {}) as Partial<Asked>
  return { filter, how, atMs }
}

/** What is done to each job by an operation that began at `atMs`. */
export function deedOf(verb: OperationVerb, how: Asked['how'] & Pick<Asked, 'atMs'>): Deed {
  switch (verb) {
    case 'cancel':
      return { verb, reason: how.reason ?? 'cancelled' }
    case 'reprioritise':
      return { verb, priority: how.priority ?? 0 }
    case 'reschedule':
      return { verb, dueAt: how.dueAt ?? how.atMs + (how.delayMs ?? 0) }
    case 'move':
      return { verb, queue: how.queue ?? DEFAULT_QUEUE }
    default:
      return { verb }
  }
}
