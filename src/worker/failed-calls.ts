import type { FateCall } from '../job/errors.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Emitter } from '../kit/emitter.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import type { Attempt } from './attempt.ts'

/** A call of a handler's that failed, or that came to nothing since what it gave was not returned, or closes no limit of the job. */
export interface FailedCall {
  readonly call: 'ctx.enqueue' | 'ctx.invoke' | 'ctx.checkpoint' | 'RateLimited' | FateCall
  readonly error: unknown
  /** The error as it may be told. */
  readonly shown: () => Error
}

/**
 * Tells of calls of handlers that failed. One with which the attempt fails is told as its failure: so they are kept until
 * that is known, and those that come later are told at once.
 */
export class FailedCalls {
  readonly #events: Emitter<MillhandEvents>
  /** Made with the first one: most workers never have any. */
  #kept: WeakMap<Attempt, FailedCall[]> | undefined

  constructor(events: Emitter<MillhandEvents>) {
    this.#events = events
  }

  add(attempt: Attempt, failed: FailedCall): void {
    if (attempt.ended) this.#tell(attempt, failed)
    else this.#keep(attempt, failed)
  }

  #keep(attempt: Attempt, failed: FailedCall): void {
    this.#kept ??= new WeakMap()
    const kept = this.#kept.get(attempt)
    if (kept) kept.push(failed)
    else this.#kept.set(attempt, [failed])
  }

  /** The attempt is over. */
  end(attempt: Attempt, outcome: Outcome): void {
    const kept = this.#kept?.get(attempt)
    if (!kept) return
    const fatal = outcome.kind === 'failure' ? outcome.error : undefined
    for (const failed of kept) if (failed.error !== fatal) this.#tell(attempt, failed)
  }

  /** Where the attempt was aborted, its calls are refused for that, which is told of the attempt. */
  #tell(attempt: Attempt, { call, shown }: FailedCall): void {
    if (attempt.interruption) return
    const { job, worker } = attempt
    const about = { id: job.id, name: job.name, queue: job.queue, worker, attempt: job.attempt }
    this.#events.emit('call_error', { ...about, call, error: shown() })
  }
}
