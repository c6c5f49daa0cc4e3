import type { JobContext } from './context.ts'
import type { EnqueueOptions } from './enqueue-options.ts'
import type { RunningJob } from './job.ts'
import type { AnyJobSpec } from './typed.ts'

/** One job that is being enqueued, or run anew, before anything of it is checked. */
export interface EnqueueCall {
  /** Its definition. */
  readonly job: AnyJobSpec
  readonly input: unknown
  /** What the caller says about it; empty where that is nothing. Of a rerun: what the old job was enqueued with. */
  readonly options: EnqueueOptions
}

/** What became of it: stored, or found as the one that holds its key. */
export interface EnqueueResult {
  readonly id: string
  /** Its key was held; with `onConflict` it may have replaced that one. */
  readonly existed: boolean
}

/**
 * A function around every enqueue and rerun of a queue: `openQueue(url, { aroundEnqueue: [hook] })`. It calls `next` once, which goes
 * on with the input and the options as they are, or as they are passed to it, and gives what became of the job when it is
 * stored; what the door, the store or a hook inside of it throws rejects it. To refuse the job, throw. What a hook returns does not count.
 *
 * @example
 * const tagged: EnqueueHook = ({ options }, next) =>
 *   next({ options: { ...options, tags: [...(options.tags ?? []), 'web'] } })
 */
export type EnqueueHook = (
  call: EnqueueCall,
  next: (changes?: Partial<Pick<EnqueueCall, 'input' | 'options'>>) => Promise<EnqueueResult>,
) => unknown

/** One attempt that is about to run. */
export interface RunCall {
  readonly job: RunningJob
  /** As the handler gets it: what the schema makes of what was stored. */
  readonly input: unknown
  readonly ctx: JobContext
}

/**
 * A function around every handler of a worker: `new Worker(queue, { jobs, aroundRun: [hook] })`. It calls `next` once, which
 * runs the handler and gives what that returns, or rejects with what it throws. What a hook throws counts as if the handler
 * had thrown it. What a hook returns does not count, nor does it that a hook catches what the handler throws.
 *
 * @example
 * const timed: RunHook = async ({ ctx }, next) => {
 *   const startMs = performance.now()
 *   await next()
 *   ctx.log.info('done', { ms: Math.round(performance.now() - startMs) })
 * }
 */
export type RunHook = (call: RunCall, next: () => Promise<unknown>) => unknown
