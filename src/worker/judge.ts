import type { AnyJobDefinition } from '../job/defined.ts'
import { mostSpecific } from '../job/handled-names.ts'
import { type Outcome, type Settlement, type SettlePolicy, settle } from '../job/outcome.ts'
import type { Random } from '../kit/random.ts'
import type { Attempt } from './attempt.ts'
import { fallbackDefinition } from './fallback.ts'
import type { WorkerSettings } from './options.ts'

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
    const policy = this.policy(attempt.worker, attempt.nowMs, definition)
    const begunAfterMs = attempt.job.begun ? null : attempt.begunAfterMs
    return settle(attempt.job, outcome, { ...policy, begunAfterMs })
  }

  policy(worker: string, nowMs: number, definition?: AnyJobDefinition): SettlePolicy {
    const retry = definition?.retry ?? {}
    const { version } = this.#settings.ability
    return { worker, version, retry, random: this.#random, nowMs, answersForMs: definition?.cache?.ttlMs }
  }
}
