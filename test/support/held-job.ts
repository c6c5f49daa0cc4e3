import { defineJob, type JobContext } from 'millhand'

/** One run of a handler that does nothing by itself: the test ends it. */
export class HeldRun {
  readonly input: unknown
  readonly ctx: JobContext
  readonly ended: Promise<unknown>
  readonly #ends = Promise.withResolvers<unknown>()

  constructor(input: unknown, ctx: JobContext) {
    this.input = input
    this.ctx = ctx
    this.ended = this.#ends.promise
  }

  end(value?: unknown): void {
    this.#ends.resolve(value)
  }

  fail(error: unknown): void {
    this.#ends.reject(error)
  }

  /** Ends as a good handler does, as soon as it is told to stop. */
  obeys(): this {
    this.ctx.signal.addEventListener('abort', () => this.fail(this.ctx.signal.reason), { once: true })
    return this
  }
}

/** A job whose runs the test holds in its hands: `runs` has one more for each start of the handler. */
export function heldJob(
  policy: Omit<Parameters<typeof defineJob>[0], 'name' | 'run'> & { name?: string } = {},
) {
  const runs: HeldRun[] = []
  const job = defineJob({
    name: 'test.hold',
    ...policy,
    run(input: unknown, ctx: JobContext) {
      const run = new HeldRun(input, ctx)
      runs.push(run)
      return run.ended
    },
  })
  const run = (index = 0): HeldRun => {
    const found = runs.at(index)
    if (!found) throw new Error(`the handler has started ${runs.length} time(s), not ${index + 1}`)
    return found
  }
  return { job, runs, run }
}
