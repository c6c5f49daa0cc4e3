import type { AnyJobDefinition } from '../job/defined.ts'
import { type EnqueueOptions, parseEnqueue } from '../job/enqueue-options.ts'
import { jobError } from '../job/errors.ts'
import type { JobHandle } from '../job/handle.ts'
import { LOG_LINES_MAX } from '../job/limits.ts'
import { newJob, termsOf } from '../job/new-job.ts'
import type { Outcome } from '../job/outcome.ts'
import { serialise } from '../job/payload.ts'
import type { Progress } from '../job/progress.ts'
import type { Resources, SecretSource } from '../job/resources.ts'
import { check } from '../job/schema.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import type { LogLine } from '../store/jobs.ts'
import type { Attempt } from '../worker/attempt.ts'
import type { ContextParts } from '../worker/context-needs.ts'
import { checkOutput } from '../worker/execute.ts'
import { readSecret } from '../worker/secret.ts'
import { testingError } from './errors.ts'

/** One call of `ctx.enqueue`. */
export interface RecordedEnqueue {
  readonly name: string
  readonly input: unknown
  readonly options: EnqueueOptions
}

/** One call of `ctx.log`. */
export interface RecordedLog {
  readonly level: LogLine['level']
  readonly message: string
  readonly data?: unknown
}

/** Who runs the handler, and what hears at once what it tells. */
export interface RecorderPlace {
  /** As a message names it. */
  readonly runner: string
  /** What it has not, where it has no `tx`. */
  readonly transaction: string
  /** What to do about something that only a queue can give. */
  readonly instead: string
  readonly onProgress?: (progress: Progress) => void
  readonly onLog?: (line: RecordedLog) => void
  readonly onCheckpoint?: (checkpoint: unknown) => void
  readonly onEnqueue?: (enqueued: RecordedEnqueue) => void
}

/** What a context gets besides its place. */
interface Given {
  readonly tx: object | undefined
  readonly resources: Resources
  readonly secrets: SecretSource | undefined
}

/** Stands where a worker stands behind a context, and writes down what it is asked for. */
export class Recorder {
  readonly progress: Progress[] = []
  readonly checkpoints: unknown[] = []
  readonly enqueued: RecordedEnqueue[] = []
  /** The newest, as many as are kept of a job. */
  readonly logs: RecordedLog[] = []
  readonly contextParts: ContextParts
  /** How `ctx.transaction` settled the job, if it did. */
  committed: Outcome | undefined
  readonly #definition: AnyJobDefinition
  readonly #place: RecorderPlace & Given

  constructor(definition: AnyJobDefinition, place: RecorderPlace & Given) {
    this.#definition = definition
    this.#place = place
    this.contextParts = {
      resources: () => place.resources,
      secret: (name, job) => readSecret(place.secrets, name, job),
      mark: (attempt) => this.hear(attempt),
      onProgress: (_, progress) => {
        this.progress.push(progress)
        place.onProgress?.(progress)
      },
      writeCheckpoint: async (_, json) => {
        const checkpoint: unknown = JSON.parse(json)
        this.checkpoints.push(checkpoint)
        place.onCheckpoint?.(checkpoint)
      },
      // The log has it.
      onFailedCall() {},
      transaction: (attempt, body) => this.#transact(attempt, body),
      enqueue: (spec, input, options) => this.#enqueue(spec, { input, options }),
      invoke: async () => {
        const { runner, instead } = place
        throw testingError('no_queue', { what: 'ctx.invoke', runner, instead })
      },
    }
  }

  /** Takes the log lines that the attempt has not told yet. */
  hear(attempt: Attempt): void {
    for (const line of attempt.takeReport()?.logs ?? []) {
      const { level, message, data } = line
      const told = { level, message, ...(data !== null && { data: JSON.parse(data) as unknown }) }
      this.logs.push(told)
      if (this.logs.length > LOG_LINES_MAX) this.logs.shift()
      this.#place.onLog?.(told)
    }
  }

  async #transact<Output, Handle>(
    attempt: Attempt,
    body: (tx: Handle) => Output | Promise<Output>,
  ): Promise<Output> {
    const { tx, runner, transaction: what, instead } = this.#place
    if (tx === undefined) throw testingError('no_queue', { what, runner, instead })
    const output = await body(tx as Handle)
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
    const terms = termsOf(spec, parseEnqueue('enqueue', options))
    const checked = await check(spec.input, input)
    if ('issues' in checked) throw jobError('invalid_input', { name: spec.name, issues: checked.issues })
    const id = `child-${this.enqueued.length + 1}`
    const json = serialise(`input of job '${spec.name}'`, input ?? null)
    newJob(spec, { id, input: json, checked: checked.value }, terms)
    const enqueued = { name: spec.name, input, options }
    this.enqueued.push(enqueued)
    this.#place.onEnqueue?.(enqueued)
    return childHandle(id, this.#place)
  }
}

/** A child that nobody runs has an id and nothing else. */
function childHandle(id: string, { runner, instead }: RecorderPlace): JobHandle {
  const refuse = (verb: string) => () => {
    const what = `${verb} of a job that was enqueued in ${runner}`
    throw testingError('no_queue', { what, runner, instead })
  }
  return {
    id,
    existed: false,
    replaced: false,
    get: refuse('get'),
    result: refuse('result'),
    cancel: refuse('cancel'),
    rerun: refuse('rerun'),
    watch: refuse('watch'),
  }
}
