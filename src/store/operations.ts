import type { Deed, OperationVerb } from '../job/operation.ts'

/** Operations that are kept, the newest: who did what to which jobs, and when. */
export const OPERATIONS_KEPT = 1_000

/**
 * What is done to many jobs at once, piece by piece, towards older jobs. How far it is stands in the store, and is written
 * with each piece: whoever calls again goes on where it stopped, and nothing is done twice.
 */
export interface OperationStore {
  /** Begins an operation, durably; one of this id that has begun is given as it stands. */
  begin(operation: NewOperation): Promise<OperationRecord>
  /**
   * Does the next piece, in one transaction with the word of it. A piece that has been done is not done
   * again; `null` where the operation is not kept any more.
   */
  step(piece: Piece): Promise<Stepped | null>
  /** Newest first. */
  list(limit: number): Promise<OperationRecord[]>
}

export interface NewOperation {
  readonly id: string
  readonly verb: OperationVerb
  /** JSON: the filter that chooses the jobs, and what is done to them. */
  readonly asked: string
  /** Who asked for it, where that is known. */
  readonly by: string | null
}

export interface OperationRecord extends NewOperation {
  readonly startedAt: number
  readonly finishedAt: number | null
  /** Only jobs that arrived before this one are still to be looked at: at first, all that are there. */
  readonly beforeSeq: number
  /** To how many jobs it was done. */
  readonly done: number
}

export interface Piece {
  readonly operation: string
  readonly deed: Deed
  readonly ids: readonly string[]
  /** Where the operation stood when the jobs were chosen. */
  readonly fromSeq: number
  /** Where it stands after them; 0: it has ended. */
  readonly toSeq: number
}

export interface Stepped {
  readonly record: OperationRecord
  /** The jobs that it was done to by this very call. */
  readonly ids: readonly string[]
}
