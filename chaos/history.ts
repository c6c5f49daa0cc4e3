import type { JobRecord } from '../src/job/job.ts'
import type { SettleVerb } from '../src/job/state.ts'
import type { FaultKind } from './plan.ts'

/** Which claim of a job something belongs to. */
export interface Claim {
  readonly id: string
  readonly epoch: number
}

/** What a store has accepted from a worker: a settlement, that a job has begun, or what it tells of itself. */
export interface Write extends Claim {
  readonly verb: SettleVerb | 'begin' | 'report'
  readonly worker: string
}

/** What an operator does to jobs that are there. */
export type Order = 'cancel' | 'retry'

/** What a process writes down; `sentMs` is when it asked the store, and it is written when that has answered. */
export type Entry =
  /** A client was told that these are stored, and stay. */
  | { readonly kind: 'acknowledged'; readonly ids: readonly string[] }
  /** A client rolled back the transaction in which it had enqueued these. */
  | { readonly kind: 'undone'; readonly ids: readonly string[] }
  /** Each call of a process has a number. */
  | { readonly kind: 'asked'; readonly order: Order; readonly call: number; readonly ids: readonly string[] }
  /** These were cancelled, or are to run again. */
  | {
      readonly kind: 'answered'
      readonly order: Order
      readonly call: number
      readonly ids: readonly string[]
    }
  /** A client's call failed. */
  | { readonly kind: 'refused'; readonly call: string; readonly code: string; readonly message: string }
  /** The store has a lease, made or extended. */
  | { readonly kind: 'leased'; readonly worker: string; readonly leaseMs: number; readonly sentMs: number }
  | {
      readonly kind: 'claimed'
      readonly worker: string
      readonly jobs: readonly (Claim & { readonly begun: boolean })[]
      readonly sentMs: number
    }
  /** The store is about to be told that these have begun. */
  | { readonly kind: 'beginning'; readonly jobs: readonly Claim[] }
  /** A handler starts, and has ended. */
  | ({ readonly kind: 'started'; readonly worker: string; readonly attempt: number } & Claim)
  | ({ readonly kind: 'ended'; readonly worker: string } & Claim)
  | {
      readonly kind: 'wrote'
      readonly writes: readonly Write[]
      readonly sentMs: number
      /** In the transaction in which the handler has left its row. */
      readonly withRow?: boolean
    }
  /** The store has refused these: they came too late. */
  | { readonly kind: 'late'; readonly writes: readonly Write[] }
  | {
      readonly kind: 'rescued'
      readonly workers: readonly string[]
      readonly jobs: readonly string[]
      readonly sentMs: number
    }
  /** Something went wrong, on purpose. */
  | { readonly kind: 'fault'; readonly fault: FaultKind; readonly target: string; readonly forMs: number }
  /** A process did what it must not: it ended by itself, or would not end. */
  | { readonly kind: 'misbehaved'; readonly target: string; readonly how: string }

export type Noted<Kind extends Entry['kind'] = Entry['kind']> = Extract<Entry, { kind: Kind }> & {
  /** When it was written down, by the machine's uptime: the same for all processes, whatever becomes of their clocks. */
  readonly atMs: number
  /** Who wrote it down. */
  readonly process: string
}

/** A job as it is when all has come to rest. */
export type RestingJob = Pick<JobRecord, 'id' | 'state' | 'epoch' | 'crashes'>

/** All that is known of a run. */
export interface History {
  /** In the order of their times. */
  readonly entries: readonly Noted[]
  readonly jobs: readonly RestingJob[]
  /** The jobs that have left a row in the database, in the transaction that completes them: one each time. */
  readonly rows: readonly string[]
}
