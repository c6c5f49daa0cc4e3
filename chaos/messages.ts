import type { WorkerOptions } from '../src/worker/options.ts'

/** What every process of a run is started with. */
export interface ProcessOptions {
  /** The store, for this process: on PostgreSQL through a link of its own. */
  readonly url: string
  /** The file that it writes down in what it is told. */
  readonly witness: string
  /** The file of the machine's wall clock. */
  readonly clock: string
}

export interface WorkerProcessOptions extends ProcessOptions {
  readonly worker: Omit<WorkerOptions, 'jobs'>
}

export interface ClientProcessOptions extends ProcessOptions {
  /** Decides what it does. */
  readonly seed: number
}

/** What a process is told. */
export type Word = { readonly word: 'block'; readonly forMs: number } | { readonly word: 'stop' }

/** What a process says when it has begun to work. */
export const BEGUN = 'begun'

/** How a process says by its end that it could not begin: the store was away. */
export const COULD_NOT_BEGIN = 43
