import type { FailureKind } from '../../src/job/failure.ts'
import { FairTurns } from '../../src/job/fair-turns.ts'
import { CRASH_LIMIT } from '../../src/job/interruption.ts'
import type { JobRecord } from '../../src/job/job.ts'
import type { KeyRule } from '../../src/job/key.ts'
import { PENDING_MAX } from '../../src/job/limits.ts'
import type { NewJob } from '../../src/job/new-job.ts'
import { type Outcome, type Settlement, settle } from '../../src/job/outcome.ts'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import type { ClaimedJob, ClaimRequest, Inserted, Report, Settled } from '../../src/store/jobs.ts'
import type { Store } from '../../src/store/store.ts'
import type { Rescued } from '../../src/store/upkeep.ts'
import type { Beat, NewWorker } from '../../src/store/workers.ts'

/** The lease of a test's worker, and how long a failed attempt waits for the next. */
export const LEASE_MS = 10_000
export const RETRY_DELAY_MS = 1_000

/** How attempts end; most with nothing to be kept of them. */
export const COMPLETE: Outcome = { kind: 'complete', output: null }
export const RELEASE: Outcome = { kind: 'release' }
export const skip = (reason: string): Outcome => ({ kind: 'skip', reason })
export const snooze = (delayMs: number): Outcome => ({ kind: 'snooze', delayMs })
export const failure = (message: string, failureKind: FailureKind = 'error'): Outcome => ({
  kind: 'failure',
  failureKind,
  error: new Error(message),
})

/** What a claim asks for that takes whatever there is, and begins all of it at once. */
export const ANY_JOB = {
  names: null,
  queues: null,
  begins: 1_000_000,
  takesAlone: true,
  bytesMax: 1_000_000_000,
} as const

/** A job to insert, with everything that a test does not care about. */
export function newJob(id: string, given: Partial<NewJob> = {}): NewJob {
  return {
    id,
    name: 'test.work',
    queue: 'default',
    priority: 0,
    input: '{}',
    key: null,
    tags: null,
    context: null,
    retries: 3,
    timeoutMs: null,
    delayMs: 0,
    runAtMs: null,
    expiresInMs: null,
    limits: null,
    ...given,
  }
}

/** A job with key `k`, and what is said of that. */
export function keyed(id: string, rule: Partial<KeyRule> = {}, given: Partial<NewJob> = {}): NewJob {
  return newJob(id, { key: 'k', keyRule: { keptMs: 0, onConflict: 'existing', ...rule }, ...given })
}

/** Jobs named `job-0`, `job-1`, … */
export function newJobs(count: number, given: Partial<NewJob> = {}): NewJob[] {
  return Array.from({ length: count }, (_, index) => newJob(`job-${index}`, given))
}

export function enqueue(store: Store, ...jobs: readonly NewJob[]): Promise<Inserted[]> {
  return store.jobs.insert(jobs, PENDING_MAX)
}

/** The job as the store has it now. */
export async function find(store: Store, id: string): Promise<JobRecord> {
  const [job] = await store.catalog.get([id])
  if (!job) throw new Error(`the store has no job '${id}'`)
  return job
}

/** Nobody beats any more: every lease lapses, and the upkeep finds out. */
export async function loseWorkers(store: Store, clock: VirtualClock): Promise<Rescued> {
  await clock.advance(LEASE_MS)
  return store.upkeep.rescue(CRASH_LIMIT)
}

/** Ids in the order in which they came. */
export function idsOf(jobs: readonly { readonly id: string }[]): string[] {
  return jobs.map((job) => job.id)
}

/** What a store writes for this outcome of a claimed job. */
export function settlement(
  job: ClaimedJob,
  worker: string,
  end: { outcome: Outcome; nowMs: number },
): Settlement {
  const retry = { backoff: { kind: 'fixed', base: RETRY_DELAY_MS, jitter: 0 } } as const
  return settle(job, end.outcome, { worker, retry, random: () => 0.5, nowMs: end.nowMs })
}

/** Registers a worker, and speaks for it. */
export async function startWorker(
  store: Store,
  id: string,
  given: Partial<NewWorker> = {},
): Promise<TestWorker> {
  const place = { name: `worker ${id}`, host: 'test', pid: 1, version: '1.0.0' }
  const served = { names: null, queues: null, concurrency: 10, leaseMs: LEASE_MS }
  await store.workers.register({ id, ...place, ...served, ...given })
  return new TestWorker(store, id)
}

export class TestWorker {
  readonly id: string
  readonly #store: Store
  readonly #turns = new FairTurns()

  constructor(store: Store, id: string) {
    this.id = id
    this.#store = store
  }

  async claim(given: Partial<ClaimRequest> = {}): Promise<ClaimedJob[]> {
    const request = { worker: this.id, limit: 10, turns: this.#turns, ...ANY_JOB, ...given }
    const jobs = await this.#store.jobs.claim(request)
    this.#turns.count(jobs)
    return jobs
  }

  /** Claims ahead: holds what it does not begin. */
  hold(given: Partial<ClaimRequest> = {}): Promise<ClaimedJob[]> {
    return this.claim({ begins: 0, ...given })
  }

  async begin(job: ClaimedJob, afterMs = 0): Promise<Settled> {
    const { seq, id, epoch, hold } = job
    return only(await this.#store.jobs.begin([{ seq, id, epoch, worker: this.id, afterMs, hold }]))
  }

  /** Claims the next job; there has to be one. */
  async claimOne(given: Partial<ClaimRequest> = {}): Promise<ClaimedJob> {
    const [job] = await this.claim({ limit: 1, ...given })
    if (!job) throw new Error(`there is no job for worker '${this.id}'`)
    return job
  }

  /** `begunAfterMs`: of a job that it held and has begun meanwhile, without having said so. */
  async settle(job: ClaimedJob, outcome: Outcome, begunAfterMs: number | null = null): Promise<Settled> {
    const nowMs = await this.#store.now()
    const written = { ...settlement(job, this.id, { outcome, nowMs }), begunAfterMs }
    return only(await this.#store.jobs.settle([written]))
  }

  /** Settles jobs by one call, each with the outcome at its place, or the first one where it has none. */
  async settleAll(
    jobs: readonly ClaimedJob[],
    ...outcomes: readonly [Outcome, ...Outcome[]]
  ): Promise<Settled[]> {
    const nowMs = await this.#store.now()
    const [first] = outcomes
    const written = jobs.map((job, place) =>
      settlement(job, this.id, { outcome: outcomes[place] ?? first, nowMs }),
    )
    return this.#store.jobs.settle(written)
  }

  /** Claims the next job and settles it. */
  async run(outcome: Outcome): Promise<ClaimedJob> {
    const job = await this.claimOne()
    await this.settle(job, outcome)
    return job
  }

  async report(job: ClaimedJob, told: Pick<Report, 'progress' | 'checkpoint' | 'logs'>): Promise<Settled> {
    const { seq, id, epoch } = job
    return only(await this.#store.jobs.report([{ seq, id, epoch, worker: this.id, ...told }]))
  }

  beat(leaseMs = LEASE_MS): Promise<Beat> {
    return this.#store.workers.extend(this.id, leaseMs)
  }

  stop(): Promise<void> {
    return this.#store.workers.deregister(this.id)
  }
}

function only(results: readonly Settled[]): Settled {
  const [result] = results
  if (result === undefined || results.length > 1)
    throw new Error(`one answer was expected, got ${results.length}`)
  return result
}
