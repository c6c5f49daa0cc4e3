import type { Care } from './care.ts'
import { type Failure, type FailureKind, parseFailures } from './failure.ts'
import { groupIn, isMark, requirementsIn } from './job-gates.ts'
import type { Json } from './json.ts'
import type { Progress } from './progress.ts'
import { type Requirement, readRequirements } from './requirements.ts'
import type { JobState } from './state.ts'
import { readContext, readProgress, readStored, readTexts, toDate } from './stored.ts'

interface JobFields<Input = unknown> {
  readonly id: string
  /** Namespaced: `library.index_document`. */
  readonly name: string
  readonly queue: string
  /** Higher runs first. */
  readonly priority: number
  /** What was passed to `enqueue`; `null` where that was nothing. */
  readonly input: Input
  readonly key?: string
  /** The id of the job that it is a rerun of, which may be pruned already. Not in `ctx.job`. */
  readonly rerunOf?: string
  /** What it requires of its worker: capabilities, and a range of versions. */
  readonly requires?: readonly Requirement[]
  /** Whose it is: see `EnqueueOptions`. */
  readonly group?: string
  readonly tags: readonly string[]
  /** Whatever the enqueuer wanted to travel with the job, such as the user that it is for. */
  readonly context: Readonly<Record<string, Json>>
  /** Retries allowed: attempts = retries + 1. */
  readonly retries: number
  /** Attempts so far that count; an interrupted one does not. */
  readonly attempt: number
  /** Rises with every claim; every write after a claim carries it. */
  readonly epoch: number
  /** How many workers crashed while they ran it. */
  readonly crashes: number
  readonly createdAt: Date
  /** When it may start, or might have. */
  readonly dueAt: Date
  /** When it fails as `expired` if nobody has started it. */
  readonly expiresAt?: Date
  /** When all of its attempts have to be over: it fails then. */
  readonly deadline?: Date
  /** The newest failed attempts, oldest first. */
  readonly errors: readonly Failure[]
  readonly progress?: Progress
  readonly checkpoint?: unknown
}

export interface PendingJob<Input = unknown> extends JobFields<Input> {
  readonly state: 'pending'
  /**
   * Set where it is not only its turn that it waits for: `worker` has claimed it ahead, and has not begun it; or `limit`, or one
   * key of it (`user=42`), lets no more pass now.
   */
  readonly waitsFor?: { readonly worker: string } | { readonly limit: string }
}

export interface RunningJob<Input = unknown> extends JobFields<Input> {
  readonly state: 'running'
  /** The worker that holds it. */
  readonly worker: string
  readonly startedAt: Date
}

/** How a job ended that ended well. */
export type EndedAs = 'done' | 'skipped' | 'cached'

export interface CompleteJob<Input = unknown, Output = unknown> extends JobFields<Input> {
  readonly state: 'complete'
  /** `skipped`: it ended well without doing anything; `reason` says why. */
  /** `cached`: it did not run, and has the result of an equal job. */
  readonly outcome: EndedAs
  readonly reason?: string
  /** The id of the job whose result it has, which may be pruned already. */
  readonly cachedFrom?: string
  /** What the handler returned; `undefined` where that was nothing, or the job was skipped. */
  readonly output: Output
  readonly startedAt: Date
  readonly finishedAt: Date
}

export interface FailedJob<Input = unknown> extends JobFields<Input> {
  readonly state: 'failed'
  readonly failure: Failure
  /** What the handler got done before it failed, as it told `ctx.fail`: no schema has checked it. */
  readonly output?: unknown
  readonly startedAt?: Date
  readonly finishedAt: Date
}

export interface CancelledJob<Input = unknown> extends JobFields<Input> {
  readonly state: 'cancelled'
  readonly reason: string
  readonly startedAt?: Date
  readonly finishedAt: Date
}

/**
 * A job as it was when it was read: narrowing on `state` gives exactly the fields that exist in that state. Input and
 * output have the types that its definition says, where it was read by one (`JobOf`).
 */
export type Job<Input = unknown, Output = unknown> =
  | PendingJob<Input>
  | RunningJob<Input>
  | CompleteJob<Input, Output>
  | FailedJob<Input>
  | CancelledJob<Input>

/**
 * A job as the stores keep it: flat, times in milliseconds since the epoch, values as JSON text. The stores read and
 * write records; everything above them sees `Job`.
 */
export interface JobRecord {
  /** The store's own number: order of arrival. */
  readonly seq: number
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly state: JobState
  readonly priority: number
  readonly dueAt: number
  readonly key: string | null
  readonly rerunOf: string | null
  readonly tags: string | null
  readonly context: string | null
  readonly input: string
  readonly retries: number
  readonly timeoutMs: number | null
  readonly attempt: number
  readonly epoch: number
  readonly crashes: number
  /** With what care it is run after crashes: see `CARE`. */
  readonly care: Care
  /** Who runs it, or holds it: a `pending` job that has one was claimed ahead and has not begun. */
  readonly worker: string | null
  readonly progress: string | null
  readonly checkpoint: string | null
  readonly output: string | null
  readonly outcome: EndedAs | null
  /** Why; of one that has another's result, the id of that one. */
  readonly reason: string | null
  readonly failureKind: FailureKind | null
  readonly errors: string | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  /** Of one that waits: when it fails. Of one that has begun before, that is its deadline. */
  readonly expiresAt: number | null
  readonly deadlineAt: number | null
  /** The gates that it has to pass to run: JSON, see `JobGate`. */
  readonly limits: string | null
  /** The gate at which it waits, which is closed; `null`: it waits for something else, or for nothing. */
  readonly gate: string | null
  /** Where it stands that is ready, in a queue of another order: see `Standing`. Else by its priority and its due time. */
  readonly rank?: number | null
  readonly place?: number | null
}

/** The job that a record describes. */
export function toJob(record: JobRecord): Job {
  const { state } = record
  const fields = jobFields(record)
  const startedAt = record.startedAt === null ? {} : { startedAt: toDate(record.startedAt) }
  const finishedAt = toDate(record.finishedAt ?? 0)
  switch (state) {
    case 'pending':
      return { ...fields, state, ...waitOf(record) }
    case 'running':
      return { ...fields, state, worker: record.worker ?? '', startedAt: toDate(record.startedAt ?? 0) }
    case 'complete':
      return {
        ...fields,
        state,
        outcome: record.outcome ?? 'done',
        ...reasonOf(record),
        output: readStored(record.output),
        startedAt: toDate(record.startedAt ?? 0),
        finishedAt,
      }
    case 'failed':
      return {
        ...fields,
        state,
        failure: lastFailure(fields.errors, record),
        ...(record.output === null ? {} : { output: readStored(record.output) }),
        ...startedAt,
        finishedAt,
      }
    case 'cancelled':
      return { ...fields, state, reason: record.reason ?? '', ...startedAt, finishedAt }
    // Waiting; or, where somebody has edited the row, a state that there is not, which is shown as it is.
    default:
      return { ...fields, state }
  }
}

function reasonOf({ outcome, reason }: JobRecord): Pick<CompleteJob, 'reason' | 'cachedFrom'> {
  if (reason === null) return {}
  return outcome === 'cached' ? { cachedFrom: reason } : { reason }
}

function waitOf({ worker, gate }: JobRecord): Pick<PendingJob, 'waitsFor'> {
  if (worker !== null) return { waitsFor: { worker } }
  return gate === null || isMark(gate) ? {} : { waitsFor: { limit: gate } }
}

function jobFields(record: JobRecord): JobFields {
  return {
    id: record.id,
    name: record.name,
    queue: record.queue,
    priority: record.priority,
    input: readStored(record.input),
    ...(record.key === null ? {} : { key: record.key }),
    ...(record.rerunOf === null ? {} : { rerunOf: record.rerunOf }),
    ...marksOf(record),
    tags: record.tags === null ? [] : readTexts(record.tags),
    context: record.context === null ? {} : readContext(record.context),
    retries: record.retries,
    attempt: record.attempt,
    epoch: record.epoch,
    crashes: record.crashes,
    createdAt: toDate(record.createdAt),
    dueAt: toDate(record.dueAt),
    ...timesOf(record),
    errors: parseFailures(record.errors),
    ...(record.progress === null ? {} : { progress: readProgress(record.progress) }),
    ...(record.checkpoint === null ? {} : { checkpoint: readStored(record.checkpoint) }),
  }
}

function marksOf({ limits }: JobRecord): Pick<JobFields, 'requires' | 'group'> {
  const [requires, group] = [readRequirements(requirementsIn(limits)), groupIn(limits)]
  return { ...(requires.length > 0 && { requires }), ...(group !== '' && { group }) }
}

/** What expires with its deadline has no other time to be begun by. */
function timesOf({ expiresAt, deadlineAt }: JobRecord): Pick<JobFields, 'expiresAt' | 'deadline'> {
  return {
    ...(expiresAt !== null && expiresAt !== deadlineAt && { expiresAt: toDate(expiresAt) }),
    ...(deadlineAt !== null && { deadline: toDate(deadlineAt) }),
  }
}

function lastFailure(errors: readonly Failure[], record: JobRecord): Failure {
  const { failureKind: kind, attempt, finishedAt } = record
  const at = toDate(finishedAt ?? 0)
  return errors.at(-1) ?? { kind: kind ?? 'error', message: 'no error was recorded', attempt, at }
}
