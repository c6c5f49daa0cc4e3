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
}

export const retentionFields = {
  complete: duration({ default: '7d' }),
  failed: duration({ default: '30d' }),
  cancelled: duration({ default: '30d' }),
} satisfies FieldsOf<{ readonly [State in FinalState]?: Duration }> & FieldsOf<RetentionOptions>

/** Retention in milliseconds, by final state. */
export type Retention = { readonly [State in FinalState]: number }

export function parseRetention(options: RetentionOptions = {}): Retention {
  return parseOptions('retention', retentionFields, options)
}
