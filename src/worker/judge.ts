import type { AnyJobDefinition } from '../job/defined.ts'
import { mostSpecific } from '../job/handled-names.ts'
import { type Outcome, type Settlement, type SettlePolicy, settle } from '../job/outcome.ts'
import type { Random } from '../kit/random.ts'
import type { ClaimedJob } from '../store/jobs.ts'
import type { Attempt } from './attempt.ts'
import { fallbackDefinition } from './fallback.ts'
import type { WorkerSettings } from './options.ts'

interface Definition {
  readonly definition?: AnyJobDefinition | undefined
}

/** Says of a worker's jobs which definition is theirs, and of what an attempt came to what becomes of its job by that. */
export class Judge {
  readonly #settings: WorkerSettings
  readonly #random: Random

  constructor(settings: WorkerSettings, random: Random) {
    this.#settings = settings
    this.#random = random
  }

  definition(name: string): AnyJobDefinition | undefined {
    const { definitions, fallback } = this.#settings
    return mostSpecific(definitions, name) ?? (fallback && fallbackDefinition(name, fallback))
  }

  decide(attempt: Attempt, outcome: Outcome, definition?: AnyJobDefinition): Settlement {
    const { job, worker, endedAtMs: nowMs } = attempt
    const begunAfterMs = job.begun ? null : attempt.begunAfterMs
    return settle(job, outcome, this.#policy(worker, { nowMs, begunAfterMs, definition }))
  }

  /** A claimed job that did not begin here goes back. */
  release(job: ClaimedJob, worker: string): Settlement {
    const { claimedAt: nowMs } = job
    return settle(job, { kind: 'release' }, this.#policy(worker, { nowMs, begunAfterMs: null }))
  }

  #policy(
    worker: string,
    { nowMs, begunAfterMs, definition }: Pick<SettlePolicy, 'nowMs' | 'begunAfterMs'> & Definition,
  ): SettlePolicy {
    return {
      worker,
      version: this.#settings.ability.version,
      retry: definition?.retry ?? {},
      random: this.#random,
      nowMs,
      begunAfterMs,
      answersForMs: definition?.cache?.ttlMs,
    }
  }
}

interface Faulty {
  readonly error: Error
  readonly worker: string
  /** Where it came so far. */
  readonly attempt: Attempt | undefined
}

/** What becomes of a job that met a fault of Millhand's own. Without what the caller gave: it may be the fault. */
export function faulty(job: ClaimedJob, { error, worker, attempt }: Faulty): Settlement {
  const nowMs = attempt?.nowMs ?? job.claimedAt
  const begunAfterMs = job.begun ? null : (attempt?.begunAfterMs ?? null)
  const outcome = { kind: 'failure', failureKind: 'error', error } as const
  return settle(job, outcome, { worker, retry: {}, random: () => 0.5, nowMs, begunAfterMs })
}
