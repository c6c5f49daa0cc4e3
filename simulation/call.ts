import type { NewJob } from '../src/job/new-job.ts'
import type { Inserted } from '../src/store/jobs.ts'
import type { Connection } from './database.ts'

/** What the scheduler decides of a call that waits. */
export type Verdict = 'run' | 'lose the answer' | 'crash after' | 'refuse as away' | 'refuse as locked'

/** Whose calls they are: see `gate.ts`. */
export interface Caller {
  readonly process: string
  readonly connection: Connection
}

/** A call that waits until the scheduler lets it through. */
export interface Call {
  readonly gate: Caller
  /** `jobs.claim`, `transaction`, `tx.settle`. */
  readonly verb: string
  readonly values: readonly unknown[]
  /** The open transaction that it is made in, whose end it need not wait for. */
  readonly within: OpenTransaction | undefined
  /** By the time of the world: it is held up until then. */
  notBeforeMs: number
  /** Answers to its statements that arrive before one is lost, where it is of several. */
  answersBefore: number
  readonly decide: (verdict: Verdict) => void
}

export interface Ruling {
  readonly verdict: Verdict
  readonly answersBefore: number
}

export interface Asked extends Pick<Call, 'verb' | 'values'>, Partial<Pick<Call, 'within'>> {
  /** The transaction that it is, if it is one. */
  readonly turn?: Work
}

/** A call that the store works on. */
export interface Work {
  readonly process: string
  readonly verb: string
  readonly values: readonly unknown[]
  /** Somebody has looked into the store meanwhile: a part of it may have been there already. */
  isSeen: boolean
}

/** A transaction that is open: see `turn.ts`. */
export interface OpenTransaction {
  /** What was done in it. */
  readonly values: Executed[]
}

/** A call that the store has carried out, whether or not whoever made it hears of it. */
export interface Executed {
  readonly process: string
  readonly verb: string
  readonly values: readonly unknown[]
  readonly result: unknown
  /** Its answer, or a part of it, was lost beneath the store: nobody knows what it has done but by looking. */
  readonly isDoubtful?: boolean
  /** What a transaction did that has committed. */
  readonly parts: readonly Executed[]
}

/** The side of the world that a gate talks to. */
export interface Gatekeeper {
  /** Calls that the store works on at this moment. */
  readonly underWay: Set<Work>
  /** The transactions that are open: one at a time, where the store works on one call at a time. */
  readonly open: Set<OpenTransaction>
  onAsked(call: Call): void
  onExecuted(executed: Executed): void
  onFailed(process: string, verb: string, error: unknown): void
  onCrash(gate: Caller): void
}

/** What has come of a call, or may have: of a transaction, what was done in it. */
export function executedBy({ process, verb, values }: Work, result: unknown, isDoubtful: boolean): Executed {
  const isTransaction = verb === 'transaction'
  return {
    ...{ process, verb, result },
    values: isTransaction ? [] : values,
    parts: isTransaction ? (values as readonly Executed[]) : [],
    ...(isDoubtful && { isDoubtful }),
  }
}

/** The jobs that a call has stored, with what was asked for. */
export function insertedBy({ values, result }: Executed): readonly { job: NewJob; answer: Inserted }[] {
  const jobs = values[0] as NewJob[]
  return (result as Inserted[]).flatMap((answer, place) => {
    const job = jobs[place]
    return job ? [{ job, answer }] : []
  })
}
