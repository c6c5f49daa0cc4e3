import type { BatchJob, BatchJobContext } from './batch.ts'

/** A job of a batch: of the context of its attempt it has only what means something in the midst of others. */
export class BatchMember implements BatchJob {
  readonly input: unknown
  readonly #ctx: BatchJobContext

  constructor(input: unknown, ctx: BatchJobContext) {
    this.input = input
    this.#ctx = ctx
  }

  get id(): string {
    return this.#ctx.job.id
  }

  get job(): BatchJob['job'] {
    return this.#ctx.job
  }

  get attempt(): number {
    return this.#ctx.attempt
  }

  get signal(): AbortSignal {
    return this.#ctx.signal
  }

  get attemptDeadline(): Date | undefined {
    return this.#ctx.attemptDeadline
  }

  get context(): BatchJob['context'] {
    return this.#ctx.context
  }

  get log(): BatchJob['log'] {
    return this.#ctx.log
  }

  get secrets(): BatchJob['secrets'] {
    return this.#ctx.secrets
  }

  get progress(): BatchJob['progress'] {
    return this.#ctx.progress
  }

  get enqueue(): BatchJob['enqueue'] {
    return this.#ctx.enqueue
  }

  get snooze(): BatchJob['snooze'] {
    return this.#ctx.snooze
  }

  get skip(): BatchJob['skip'] {
    return this.#ctx.skip
  }

  get fail(): BatchJob['fail'] {
    return this.#ctx.fail
  }
}
