import { jobError } from '../job/errors.ts'
import type { JobHandle, ResultOptions } from '../job/handle.ts'
import { type Job, type JobRecord, toJob } from '../job/job.ts'
import { isFinal } from '../job/state.ts'
import { isJson } from '../job/stored.ts'
import { Channel } from '../kit/channel.ts'
import { deferred } from '../kit/deferred.ts'
import {
  custom,
  duration,
  type FieldsOf,
  isFunction,
  isObject,
  type Parsed,
  parseOptions,
} from '../kit/options.ts'
import { cancelJobs } from './control.ts'
import type { QueueInternals } from './internals.ts'
import type { OnRecord } from './watch.ts'

/** Snapshots that a slow reader of `watch` may be behind; it wants the newest, so that few are enough. */
const WATCH_CAPACITY = 100

const resultFields = {
  timeout: duration(),
  signal: custom<AbortSignal>({
    expected: 'an AbortSignal',
    accepts: (value) => isObject(value) && isFunction((value as AbortSignal).addEventListener),
  }),
} satisfies FieldsOf<ResultOptions>

/** See `JobHandle` in job/handle.ts. */
export class Handle<Output, Input> implements JobHandle<Output, Input> {
  readonly id: string
  readonly existed: boolean
  readonly #queue: QueueInternals

  constructor(queue: QueueInternals, id: string, existed = false) {
    this.id = id
    this.existed = existed
    this.#queue = queue
  }

  async get(): Promise<Job<Input, Output>> {
    const [record] = await this.#queue.store.catalog.get([this.id])
    return toJob(this.#require(record)) as Job<Input, Output>
  }

  async cancel(reason = 'cancelled'): Promise<boolean> {
    return (await cancelJobs(this.#queue, [this.id], reason)).length > 0
  }

  async result(options: ResultOptions = {}): Promise<Output> {
    const record = await this.#settled(parseOptions('result', resultFields, options))
    const job = toJob(record)
    switch (job.state) {
      case 'complete':
        // Only a text may stand for what is no JSON.
        if (typeof job.output === 'string' && record.output !== null && !isJson(record.output))
          throw jobError('output_unreadable', { id: job.id, name: job.name })
        return job.output as Output
      case 'cancelled':
        throw jobError('job_cancelled', { id: job.id, name: job.name, reason: job.reason })
      default: {
        const { kind, message } = job.errors.at(-1) ?? {
          kind: record.failureKind ?? 'error',
          message: 'unknown',
        }
        throw jobError('job_failed', { id: job.id, name: job.name, kind, message, attempts: job.attempt })
      }
    }
  }

  watch(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<Job<Input, Output>> {
    const { signal } = options
    let last = ''
    const close = (error?: unknown) => channel.close(error)
    const abort = () => close()
    const channel = new Channel<Job<Input, Output>>(WATCH_CAPACITY, () => {
      stop()
      signal?.removeEventListener('abort', abort)
    })
    const stop = this.#follow(close, (record) => {
      if (!record) return channel.close(jobError('job_not_found', { id: this.id }))
      const { state, epoch, progress, dueAt, checkpoint } = record
      const now = JSON.stringify([state, epoch, progress, dueAt, checkpoint])
      if (now !== last) channel.push(toJob(record) as Job<Input, Output>)
      last = now
      if (isFinal(state)) channel.close()
    })
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    return channel
  }

  /** Waits for a final state. */
  async #settled({ timeout: timeoutMs, signal }: Parsed<typeof resultFields>): Promise<JobRecord> {
    const settled = deferred<JobRecord>()
    let seen: JobRecord | undefined
    const stop = this.#follow(settled.reject, (record) => {
      seen = record
      if (!record) settled.reject(jobError('job_not_found', { id: this.id }))
      else if (isFinal(record.state)) settled.resolve(record)
    })
    const timer =
      timeoutMs === undefined
        ? undefined
        : this.#queue.clock.timer(timeoutMs, () =>
            settled.reject(
              jobError('result_timeout', { id: this.id, timeoutMs, state: seen?.state ?? 'unread' }),
            ),
          )
    const abort = () => settled.reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    try {
      return await settled.promise
    } finally {
      stop()
      timer?.cancel()
      signal?.removeEventListener('abort', abort)
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

  #require(record: JobRecord | undefined): JobRecord {
    if (!record) throw jobError('job_not_found', { id: this.id })
    return record
  }
}
