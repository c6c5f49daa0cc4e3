import { type BatchContext, type BatchJob, defineJob } from 'millhand'

/** One call of a batch handler that does nothing by itself: the test ends it. */
export class HeldBatch {
  readonly jobs: readonly BatchJob[]
  readonly ctx: BatchContext
  readonly ended: Promise<unknown[]>
  readonly #ends = Promise.withResolvers<unknown[]>()

  constructor(jobs: readonly BatchJob[], ctx: BatchContext) {
    this.jobs = jobs
    this.ctx = ctx
    this.ended = this.#ends.promise
  }

  get inputs(): unknown[] {
    return this.jobs.map(({ input }) => input)
  }

  /** Ends with these, or with the input of each. */
  end(results: unknown[] = this.inputs): void {
    this.#ends.resolve(results)
  }

  fail(error: unknown): void {
    this.#ends.reject(error)
  }
}

type Policy = Omit<Parameters<typeof defineJob>[0], 'name' | 'run' | 'runMany'> & {
  readonly size: number
  readonly wait?: string
}

/** A job whose batches the test holds in its hands: `batches` has one more for each call of the handler. */
export function heldBatches({ size, wait = '50ms', ...policy }: Policy) {
  const batches: HeldBatch[] = []
  const run = (jobs: readonly BatchJob[], ctx: BatchContext) => {
    const batch = new HeldBatch(jobs, ctx)
    batches.push(batch)
    return batch.ended
  }
  const job = defineJob({ name: 'test.batch', ...policy, runMany: { size, wait: wait as '50ms', run } })
  const batch = (index = 0): HeldBatch => {
    const found = batches.at(index)
    if (!found) throw new Error(`the handler was called ${batches.length} time(s), not ${index + 1}`)
    return found
  }
  return { job, batches, batch }
}
