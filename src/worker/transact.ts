import type { AnyJobDefinition } from '../job/defined.ts'
import { jobError } from '../job/errors.ts'
import type { Outcome, Settlement } from '../job/outcome.ts'
import { requireFunction } from '../queue/arguments.ts'
import { type QueueInternals, requireOutside } from '../queue/internals.ts'
import { storeError } from '../store/errors.ts'
import type { Settled } from '../store/jobs.ts'
import type { Attempt } from './attempt.ts'
import { checkOutput } from './execute.ts'
import type { Reporter } from './reporter.ts'

export interface TransactorParts {
  readonly queue: QueueInternals
  readonly reporter: Reporter
  readonly definition: (name: string) => AnyJobDefinition | undefined
  readonly decide: (attempt: Attempt, outcome: Outcome, definition?: AnyJobDefinition) => Settlement
}

type Body<Output, Handle> = (handle: Handle) => Output | Promise<Output>

/** `ctx.transaction`: the handler's writes and the completion of its job, both or neither. */
export class Transactor {
  readonly #parts: TransactorParts

  constructor(parts: TransactorParts) {
    this.#parts = parts
  }

  /** @throws MillhandError `invalid_option`, `inside_transaction`, `already_settled`, `not_supported`, `lease_lost` */
  run<Output, Handle>(attempt: Attempt, body: Body<Output, Handle>): Promise<Output> {
    const { store } = this.#parts.queue
    requireOutside(this.#parts.queue, 'ctx.transaction')
    requireFunction('ctx.transaction', 'body', body)
    if (attempt.transaction) throw jobError('already_settled', { id: attempt.job.id })
    if (!store.capabilities.transactions) {
      const instead = "Open the queue on 'sqlite:FILE' or 'postgres://…' to use ctx.transaction."
      throw storeError('not_supported', { what: 'ctx.transaction', store: store.kind, instead })
    }
    return attempt.enter(this.#run(attempt, body))
  }

  async #run<Output, Handle>(attempt: Attempt, body: Body<Output, Handle>): Promise<Output> {
    const { queue, reporter, decide } = this.#parts
    const definition = this.#parts.definition(attempt.job.name)
    // The transaction settles the job: what was told before it would be refused afterwards.
    if (reporter.has(attempt)) await reporter.finish(attempt)
    const output = await queue.store.transaction(
      async (tx) => {
        const returned = await body(tx.handle as Handle)
        const outcome = definition && (await checkOutput(attempt.job.name, definition, returned))
        if (outcome?.kind === 'failure') throw outcome.error
        const told = attempt.takeReport()
        if (told) await tx.report([told])
        const settlement = decide(attempt, outcome ?? { kind: 'complete', output: null }, definition)
        const [settled] = await tx.settle([settlement])
        requireSettled(attempt, settled ?? 'refused')
        return returned
      },
      { signal: attempt.over },
    )
    attempt.settle()
    return output
  }
}

/** @throws MillhandError `lease_lost` */
export function requireSettled(attempt: Attempt, settled: Settled): void {
  const { id, worker, epoch } = attempt.identity
  if (settled !== 'settled') throw jobError('lease_lost', { id, worker, epoch })
}
