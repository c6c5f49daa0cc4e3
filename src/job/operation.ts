import type { JobState } from './state.ts'

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
