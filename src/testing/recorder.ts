import type { AnyJobDefinition } from '../job/defined.ts'
import type { EnqueueOptions } from '../job/enqueue-options.ts'
import { jobError } from '../job/errors.ts'
import type { JobHandle } from '../job/handle.ts'
import { newJob } from '../job/new-job.ts'
import type { Outcome } from '../job/outcome.ts'
import { serialise } from '../job/payload.ts'
import type { Progress } from '../job/progress.ts'
import { check } from '../job/schema.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import type { Attempt } from '../worker/attempt.ts'
import type { ContextParts } from '../worker/context.ts'
import { checkOutput } from '../worker/execute.ts'
import { testingError } from './errors.ts'

/** One call of `ctx.enqueue`. */
export interface RecordedEnqueue {
  readonly name: string
  readonly input: unknown
  readonly options: EnqueueOptions
}

/** Stands where a worker stands behind a context, and writes down what it is asked for. */
export class Recorder {
  readonly progress: Progress[] = []
  readonly checkpoints: unknown[] = []
  readonly enqueued: RecordedEnqueue[] = []
  readonly contextParts: ContextParts
  /** How `ctx.transaction` settled the job, if it did. */
  committed: Outcome | undefined
  readonly #definition: AnyJobDefinition
  readonly #tx: object | undefined

  constructor(definition: AnyJobDefinition, tx: object | undefined) {
    this.#definition = definition
    this.#tx = tx
    this.contextParts = {
      mark: () => {},
      onProgress: (_, progress) => void this.progress.push(progress),
      writeCheckpoint: async (_, json) => void this.checkpoints.push(JSON.parse(json)),
      transaction: (attempt, body) => this.#transact(attempt, body),
      enqueue: (spec, input, options) => this.#enqueue(spec, { input, options }),
    }
  }

  async #transact<Output, Handle>(
    attempt: Attempt,
    body: (tx: Handle) => Output | Promise<Output>,
  ): Promise<Output> {
    if (this.#tx === undefined)
      throw testingError('no_queue', { what: "ctx.transaction without option 'tx'" })
    const output = await body(this.#tx as Handle)
    const outcome = await checkOutput(this.#definition.name, this.#definition, output)
    if (outcome.kind === 'failure') throw outcome.error
    this.committed = outcome
    attempt.settle()
    return output
  }

  /** Refused as by a queue; what was accepted is written down. */
  async #enqueue(
    spec: AnyJobSpec,
    { input, options }: { input: unknown; options: EnqueueOptions },
  ): Promise<JobHandle> {
    const checked = await check(spec.input, input)
    if ('issues' in checked) throw jobError('invalid_input', { name: spec.name, issues: checked.issues })
    const id = `child-${this.enqueued.length + 1}`
    newJob(spec, { id, input: serialise(`input of job '${spec.name}'`, input ?? null) }, options)
    this.enqueued.push({ name: spec.name, input, options })
    return childHandle(id)
  }
}

/** A child that nobody runs has an id and nothing else. */
function childHandle(id: string): JobHandle {
  const refuse = (what: string) => () => {
    throw testingError('no_queue', { what: `${what} of a job that was enqueued in runJob` })
  }
  return {
    id,
    existed: false,
    get: refuse('get'),
    result: refuse('result'),
    cancel: refuse('cancel'),
    watch: refuse('watch'),
  }
}
