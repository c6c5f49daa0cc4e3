import type { Duration } from '../kit/duration.ts'
import { duration, parseOptions } from '../kit/options.ts'
import type { FinalState } from './state.ts'

/** How long settled jobs are kept before `prune` deletes them. */
export const retentionFields = {
  complete: duration({ doc: 'How long a completed job is kept.', default: '7d' }),
  failed: duration({ doc: 'How long a failed job is kept.', default: '30d' }),
  cancelled: duration({ doc: 'How long a cancelled job is kept.', default: '30d' }),
}

export type RetentionOptions = { readonly [State in FinalState]?: Duration }

/** Retention in milliseconds, by final state. */
export type Retention = { readonly [State in FinalState]: number }

export function parseRetention(options: RetentionOptions = {}): Retention {
  return parseOptions('retention', retentionFields, options)
}
