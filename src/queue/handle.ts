import { jobError } from '../job/errors.ts'
import type { JobHandle, RerunOptions, ResultOptions } from '../job/handle.ts'
import { type Job, type JobRecord, toJob } from '../job/job.ts'
import { isFinal } from '../job/state.ts'
import { isJson, readStored } from '../job/stored.ts'
import { Channel } from '../kit/channel.ts'
import { deferred } from '../kit/deferred.ts'
import { custom, duration, type FieldsOf, isSignal, type Parsed, parseOptions } from '../kit/options.ts'
import { cancelJobs } from './control.ts'
import { ending } from './ending.ts'
import type { QueueInternals } from './internals.ts'
import { type NamedJob, problemWith, readNamed } from './named-job.ts'
import { rerunJob } from './rerun.ts'
import { onStandstill } from './standstill.ts'
import type { OnRecord } from './watch.ts'

/** Snapshots that a slow reader of `watch` may be behind; it wants the newest, so that few are enough. */
const WATCH_CAPACITY = 100

interface WatchOptions {
  readonly signal?: AbortSignal
}

const watchFields = {
  signal: custom<AbortSignal>({ expected: 'an AbortSignal', accepts: isSignal }),
} satisfies FieldsOf<WatchOptions>

const resultFields = { timeout: duration(), ...watchFields } satisfies FieldsOf<ResultOptions>

/** Which job a handle is of; what it has to be called, where somebody else than its enqueuer says so. */
interface Of extends NamedJob {
  readonly existed?: boolean
  readonly replaced?: boolean
}

/** See `JobHandle` in job/handle.ts. */
export class Handle<Output, Input> implements JobHandle<Output, Input> {
  readonly id: string
  readonly existed: boolean
  readonly replaced: boolean
  readonly #queue: QueueInternals
  readonly #of: NamedJob

  constructor(queue: QueueInternals, of: Of) {
    const { id, existed = false, replaced = false } = of
    this.id = id
    this.existed = existed
    this.replaced = replaced
    this.#queue = queue
    this.#of = of
  }

  async get(): Promise<Job<Input, Output>> {
    return this.#toJob(await readNamed(this.#queue.store, this.#of))
  }

  async cancel(reason = 'cancelled'): Promise<boolean> {
    return (await cancelJobs(this.#queue, [this.id], reason)).length > 0
  }

  async rerun(options?: RerunOptions<Input>): Promise<JobHandle<Output, Input>> {
    return new Handle(this.#queue, await rerunJob(this.#queue, { old: this.#of, options }))
  }

  async result(options: ResultOptions = {}): Promise<Output> {
    // Of the type that the definition says: its schema has checked what is stored.
    return outputOf(await this.#settled(parseOptions('result', resultFields, options))) as Output
  }

  watch(options: WatchOptions = {}): AsyncIterableIterator<Job<Input, Output>> {
    const { signal } = parseOptions('watch', watchFields, options)
    let last = ''
    const end = () => channel.close()
    const channel = new Channel<Job<Input, Output>>(WATCH_CAPACITY, () => {
      stop()
      signal?.removeEventListener('abort', end)
    })
    const stop = this.#follow(end, (record) => {
      const problem = problemWith(record, this.#of)
      if (!record || problem) return channel.close(problem)
      const { state, epoch, progress, dueAt, checkpoint } = record
      const now = JSON.stringify([state, epoch, progress, dueAt, checkpoint])
      if (now !== last) channel.push(this.#toJob(record))
      last = now
      if (isFinal(state)) channel.close()
    })
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted) end()
    return channel
  }

  /** Waits for a final state. */
  async #settled({ timeout: timeoutMs, signal }: Parsed<typeof resultFields>): Promise<JobRecord> {
    const settled = deferred<JobRecord>()
    let seen: JobRecord | undefined
    const stop = this.#follow(settled.reject, (record) => {
      seen = record
      const problem = problemWith(record, this.#of)
      if (!record || problem) settled.reject(problem)
      else if (isFinal(record.state)) settled.resolve(record)
    })
    // Who has said how long to wait hears then why.
    const stopWarning = timeoutMs === undefined ? this.#queue.unserved.add(() => seen) : undefined
    const stopLooking = onStandstill(this.#queue, () => seen, settled.reject)
    const stopEnding = ending(this.#queue.clock, settled.reject, {
      ...{ timeoutMs, signal },
      timedOut: (afterMs) =>
        jobError('result_timeout', { id: this.id, timeoutMs: afterMs, state: seen?.state ?? 'unread' }),
    })
    try {
      return await settled.promise
    } finally {
      stop()
      stopLooking()
      stopWarning?.()
      stopEnding()
    }
  }

  /** Calls back with the job as it is, now and whenever it may have changed, or when the queue is closed. */
  #follow(onClose: (error: Error) => void, onRecord: OnRecord): () => void {
    const { closing, watch } = this.#queue
    closing.requireOpen()
    const stop = watch.add(this.id, onRecord)
    const stopClosing = closing.on(onClose)
    return () => {
      stop()
      stopClosing()
    }
  }

  /** Of the types that the definition says: its schemas have checked what is stored. */
  #toJob(record: JobRecord): Job<Input, Output> {
    return toJob(record) as Job<Input, Output>
  }
}

/** What a settled job comes to. @throws MillhandError `job_failed`, `job_cancelled`, `output_unreadable` */
export function outputOf(record: JobRecord): unknown {
  const job = toJob(record)
  switch (job.state) {
    case 'complete':
      // Only a text may stand for what is no JSON.
      if (typeof job.output === 'string' && record.output !== null && !isJson(record.output))
        throw jobError('output_unreadable', { id: job.id, name: job.name })
      return job.output
    case 'cancelled':
      throw jobError('job_cancelled', { id: job.id, name: job.name, reason: job.reason })
    default:
      throw failedError(job, record)
  }
}

/** What `result` says of a job that has failed, with what its handler got done. */
function failedError({ id, name, attempt, errors }: Job, { failureKind, output }: JobRecord): Error {
  const { kind, message, code } = errors.at(-1) ?? {
    ...{ kind: failureKind ?? 'error', message: 'unknown', code: undefined },
  }
  return jobError('job_failed', {
    ...{ id, name, kind, message, attempts: attempt },
    ...(code !== undefined && { code }),
    ...(output !== null && { output: readStored(output) }),
  })
}
