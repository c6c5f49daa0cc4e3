/** One figure, as `--json` prints it. */
export interface Measurement {
  readonly scenario: string
  readonly system: string
  readonly metric: string
  readonly value: number
  readonly unit: Unit
}

export type Unit = 'jobs/s' | 'ms' | 'MB' | '%' | 'jobs' | 'errors' | 'per s' | '×'
