import type { Duration } from '../kit/duration.ts'
import { duration, type FieldsOf, parseOptions } from '../kit/options.ts'
import type { FinalState } from './state.ts'

/** How long settled jobs are kept before `prune` deletes them. */
export interface RetentionOptions {
  /** How long a completed job is kept. Default `'7d'`. */
  readonly complete?: Duration
  /** How long a failed job is kept. Default `'30d'`. */
  readonly failed?: Duration
  /** How long a cancelled job is kept. Default `'30d'`. */
  readonly cancelled?: Duration
  /** How long the figures of the ledger are kept, by the minute. Default `'14d'`. */
  readonly stats?: Duration
}

export const retentionFields = {
  complete: duration({ default: '7d' }),
  failed: duration({ default: '30d' }),
  cancelled: duration({ default: '30d' }),
  stats: duration({ default: '14d' }),
} satisfies FieldsOf<{ readonly [State in FinalState]?: Duration }> & FieldsOf<RetentionOptions>

/** Retention of jobs in milliseconds, by final state. */
export type JobRetention = { readonly [State in FinalState]: number }

/** The same, and that of the ledger. */
export type Retention = JobRetention & { readonly stats: number }

export function parseRetention(options: RetentionOptions = {}): Retention {
  return parseOptions('retention', retentionFields, options)
}
