import { isMillhandError } from '../kit/error.ts'
import type { Mask } from '../kit/mask.ts'
import type { Random } from '../kit/random.ts'
import { cacheGateOf } from './cache.ts'
import { isCacheGate } from './cache-gate.ts'
import { appendFailure, countFailures, describeThrown, type FailureKind } from './failure.ts'
import { CRASH_LIMIT } from './interruption.ts'
import type { EndedAs } from './job.ts'
import { readGates } from './job-gates.ts'
import { limitOf } from './limit.ts'
import { backoffMs, classify, type RetryPolicy } from './retry.ts'
import type { SettleVerb } from './state.ts'

/** How one attempt ended, in the handler's and the worker's words. Closed: everything that can happen is here. */
export type Outcome =
  | { readonly kind: 'complete'; readonly output: string | null }
  | { readonly kind: 'skip'; readonly reason: string }
  /** It did not run: an equal job had come to this. */
  | { readonly kind: 'cached'; readonly output: string | null; readonly from: string }
  | {
      readonly kind: 'snooze'
      readonly delayMs: number
      /** All jobs of its limit are to wait, the first one or that of this name: the handler was told to come back later. */
      readonly limited?: { readonly limit: string | undefined }
    }
  | { readonly kind: 'release' }
  | {
      readonly kind: 'failure'
      readonly failureKind: FailureKind
      readonly error: Error
      /** What the handler got done, where it declared the failure itself. */
      readonly output?: string | null
      /** Whether the handler said that no retry can help; else the policy decides. */
      readonly permanent?: boolean
      /** What must not be told of the error. */
      readonly mask?: Mask | undefined
    }

/** Jobs that a store keeps as one while a worker holds them: where all of them end alike, they can end as one. */
export interface Hold {
  /** The store's name for it, and for the call that made it: after a crash of the server, the first may come again. */
  readonly id: number
  readonly call: string
  /** The jobs that were in it when they were claimed: the epoch of each, by its `seq`. */
  readonly epochs: ReadonlyMap<number, number>
  /** Those of its jobs (by `seq`) that have a key. */
  readonly keyed: readonly number[]
}

/** What of a claimed job decides how it settles. */
export interface Claimed {
  readonly seq: number
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly dueAt: number
  /** The store's time at the claim. */
  readonly claimedAt: number
  readonly attempt: number
  readonly retries: number
  readonly epoch: number
  readonly errors: string | null
  /** By the store's time; `null`: its attempts may take for ever. */
  readonly deadlineAt: number | null
  readonly hold?: Hold | undefined
  readonly limits: string | null
}

/**
 * What a store writes when a running job leaves `running`: fenced by state, worker and epoch, so that it is written
 * whole or refused. Times are relative (`dueInMs`), since only the store's clock counts.
 */
export interface Settlement {
  readonly seq: number
  readonly id: string
  readonly worker: string
  readonly epoch: number
  readonly verb: SettleVerb
  readonly output: string | null
  readonly outcome: EndedAs | null
  readonly reason: string | null
  readonly failureKind: FailureKind | null
  readonly errors: string | null
  /** The number of attempts that count from now on. */
  readonly attempt: number
  readonly dueInMs: number
  /**
   * From the claim to the begin, where that it has begun may not be written yet: a quick job is settled sooner. `null`
   * where it began with the claim, or never.
   */
  readonly begunAfterMs: number | null
  /** What the store held the job in. */
  readonly hold?: Hold | undefined
  /** It held gates: whoever waits there may go on. */
  readonly limited: boolean
  /** A gate of its that lets nobody pass for so long, as the handler has said. */
  readonly closes?: { readonly gate: string; readonly forMs: number }
  /** The gate that it shares with its equals, whose result it is for so long. */
  readonly answers?: { readonly gate: string; readonly forMs: number }
  /** What the ledger counts it under, and what it adds there. */
  readonly queue: string
  readonly name: string
  /** From the due time to the begin of the attempt, and from that to its end, as its worker has reckoned it. */
  readonly waitedMs: number
  readonly ranMs: number
}

/** What decides a settlement beside the job and its outcome. */
export interface SettlePolicy {
  /** The worker that holds the job. */
  readonly worker: string
  /** The version of its program, where it has said one. */
  readonly version?: string | null
  readonly retry: RetryPolicy
  readonly random: Random
  readonly nowMs: number
  /** See `Settlement`. */
  readonly begunAfterMs?: number | null
  /** How long what it comes to is the result of equal jobs; never where it is left out. */
  readonly answersForMs?: number | undefined
}

/** Decides what a running job becomes. The one place where that is decided, for every store. */
export function settle(job: Claimed, outcome: Outcome, policy: SettlePolicy): Settlement {
  const still = unchanged(job, policy)
  switch (outcome.kind) {
    case 'complete':
      return completed(still, outcome.output, answersOf(job, policy))
    case 'skip':
      return { ...still, verb: 'complete', outcome: 'skipped', reason: outcome.reason }
    case 'cached':
      return { ...still, verb: 'complete', outcome: 'cached', output: outcome.output, reason: outcome.from }
    case 'snooze':
      return { ...still, verb: 'snooze', attempt: job.attempt - 1, ...pause(job, outcome) }
    case 'release':
      return { ...still, verb: 'release', attempt: job.attempt - 1 }
    case 'failure':
      return { ...still, ...settleFailure(job, outcome, policy) }
  }
}

/** What most jobs come to: what was made for it is filled in, since a copy of so many fields costs as much as all else. */
function completed(
  still: Draft,
  output: string | null,
  answers: Settlement['answers'] | undefined,
): Settlement {
  still.verb = 'complete'
  still.outcome = 'done'
  still.output = output
  if (answers) still.answers = answers
  return still
}

type Draft = { -readonly [Field in keyof Settlement]: Settlement[Field] }

function answersOf(job: Claimed, { answersForMs }: SettlePolicy): Settlement['answers'] | undefined {
  const gate = answersForMs === undefined ? undefined : cacheGateOf(job.limits)
  return gate === undefined || answersForMs === undefined ? undefined : { gate, forMs: answersForMs }
}

/** Where its limit is to wait, the job waits at the gate with all others; one that has no such limit waits alone. */
function pause(
  job: Claimed,
  { delayMs, limited }: Extract<Outcome, { kind: 'snooze' }>,
): Pick<Settlement, 'dueInMs' | 'closes'> {
  const gates = limited ? limitsIn(job.limits) : []
  const gate = limited?.limit === undefined ? gates[0] : gates.find((each) => limitOf(each) === limited.limit)
  return gate === undefined ? { dueInMs: delayMs } : { dueInMs: 0, closes: { gate, forMs: delayMs } }
}

/** The gates of its limits. That of its equals is none, and nobody knows its name. */
export function limitsIn(limits: string | null): string[] {
  return readGates(limits).flatMap(({ gate }) => (isCacheGate(gate) ? [] : [gate]))
}

function settleFailure(
  job: Claimed,
  outcome: Extract<Outcome, { kind: 'failure' }>,
  policy: SettlePolicy,
): Partial<Settlement> & Pick<Settlement, 'verb'> {
  const { failureKind, error, output = null } = outcome
  const classified = classify(policy.retry, failureKind, error)
  const verdict = outcome.permanent ? { ...classified, permanent: true } : classified
  const described = describeThrown(error, outcome.mask)
  const code = verdict.code ?? described.code
  const failure = {
    kind: failureKind,
    ...described,
    ...(code === undefined ? {} : { code }),
    ...(policy.version && { version: policy.version }),
    attempt: job.attempt,
    at: policy.nowMs,
  }
  const errors = appendFailure(job.errors, failure)
  const fail = { verb: 'fail', failureKind, errors, output } as const
  const again = (attempt: number) => {
    const dueInMs = verdict.delayMs ?? backoffMs(policy.retry.backoff ?? {}, job.attempt, policy.random)
    // At its deadline it would fail without another attempt.
    const isTooLate = job.deadlineAt !== null && policy.nowMs + dueInMs >= job.deadlineAt
    return isTooLate ? fail : ({ verb: 'retry', errors, attempt, dueInMs } as const)
  }
  // A database that was away is nobody's failure, as long as it is not the job that breaks its connection each time.
  if (isMillhandError(error, LOST) && countFailures(job.errors, LOST) < CRASH_LIMIT)
    return again(job.attempt - 1)
  if (verdict.permanent || job.attempt > job.retries) return fail
  return again(job.attempt)
}

/** The code of a `ctx.transaction` whose connection broke. */
const LOST = 'transaction_lost'

/** The settlement that changes nothing but the state: the others are told by what they change. */
function unchanged(job: Claimed, { worker, nowMs, begunAfterMs = null }: SettlePolicy): Draft {
  const begunAtMs = job.claimedAt + (begunAfterMs ?? 0)
  return {
    seq: job.seq,
    id: job.id,
    worker,
    epoch: job.epoch,
    verb: 'release',
    output: null,
    outcome: null,
    reason: null,
    failureKind: null,
    errors: job.errors,
    attempt: job.attempt,
    dueInMs: 0,
    begunAfterMs,
    hold: job.hold,
    limited: job.limits !== null && readGates(job.limits).length > 0,
    queue: job.queue,
    name: job.name,
    waitedMs: Math.max(0, begunAtMs - job.dueAt),
    ranMs: Math.max(0, nowMs - begunAtMs),
  }
}
