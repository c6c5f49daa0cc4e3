import type { Json } from './json.ts'

/** How far a running job says it is. */
export interface Progress {
  /** From 0 to 1. */
  readonly fraction?: number
  readonly message?: string
  /** Anything else worth showing, such as counts. */
  readonly data?: Json
}
