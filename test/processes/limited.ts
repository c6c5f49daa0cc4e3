import { type Duration, defineJob, type Schema, type WorkerOptions } from 'millhand'

/** What a limited job does: takes its time, and may fail at its first attempt. */
export interface LimitedInput {
  readonly key: string
  readonly forMs: number
  readonly fails: boolean
}

/** The limits that each job has: one for each key, and one that all share, which is a rate as well. */
export const EACH = { name: 'each', concurrency: 2 } as const
export const ALL = { name: 'all', concurrency: 5, rate: { count: 10, perMs: 500 } } as const

const ALL_PER: Duration = `${ALL.rate.perMs}ms`

export const limited = defineJob<Schema<LimitedInput>>({
  name: 'test.limited',
  backoff: { kind: 'fixed', base: '20ms' },
  limits: [
    { name: EACH.name, key: ({ key }: LimitedInput) => key, concurrency: EACH.concurrency },
    { key: ALL.name, concurrency: ALL.concurrency, rate: { count: ALL.rate.count, per: ALL_PER } },
  ],
})

/** How to start a worker of limited jobs. */
export interface LimitedProcessOptions {
  /** The store. */
  readonly url: string
  /** The file of the witness. */
  readonly witness: string
  readonly worker: Omit<WorkerOptions, 'jobs' | 'fallback' | 'canProcess'>
}

export interface LimitedTold {
  readonly kind: 'ready'
}

/** One handler, once: a job in an epoch. */
export interface Run {
  readonly id: string
  readonly epoch: number
}

/** A line in the file of the witness. */
export type Line = Run &
  (
    | { readonly kind: 'start'; readonly key: string }
    | { readonly kind: 'end' }
    /** What the store said after the start: when the job was claimed, and which runs hold the limits. */
    | { readonly kind: 'seen'; readonly grantedAt: number | null; readonly holders: readonly Holder[] }
  )

export interface Holder extends Run {
  readonly key: string
}
