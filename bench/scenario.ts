import type { Measurement } from './measurement.ts'
import type { Stores } from './stores.ts'
import type { System } from './systems/system.ts'
import type { Target } from './target.ts'

/** What one scenario measures, and what it has to reach. */
export interface Scenario {
  readonly name: string
  /** One sentence for the reader of the table. */
  readonly about: string
  readonly targets: readonly Target[]
  run(bench: Bench): Promise<void>
}

/** What a scenario works with. */
export interface Bench {
  readonly size: Size
  readonly stores: Stores
  /** Millhand first, then what it is compared with: as far as it is installed. */
  readonly systems: readonly System[]
  record(measurement: Omit<Measurement, 'scenario'>): void
  /** Tells whoever waits; never the standard output. */
  progress(message: string): void
}

/** Millhand alone, for what only it can do; none where it takes no part. */
export function millhandsOf({ systems }: Bench): readonly System[] {
  return systems.filter(({ name }) => name === 'millhand')
}

export interface SizeOptions {
  readonly scale: number
  readonly smoke: boolean
  readonly rounds?: number
}

/** How much is measured: the published figures are those of scale 1. */
export class Size {
  readonly scale: number
  readonly rounds: number
  /** A smoke run only shows that the scenarios work: its figures mean nothing. */
  readonly smoke: boolean

  constructor({ scale, smoke, rounds = ROUNDS }: SizeOptions) {
    this.smoke = smoke
    this.scale = smoke ? SMOKE_SCALE : scale
    this.rounds = smoke ? 1 : rounds
  }

  /** How many jobs stand for `count` of them at scale 1. */
  jobs(count: number): number {
    return Math.max(LEAST_JOBS, Math.round(count * this.scale))
  }

  /** How many samples are taken, for `count` of them at scale 1. */
  samples(count: number): number {
    return this.smoke ? SMOKE_SAMPLES : Math.max(LEAST_SAMPLES, Math.round(count * this.scale))
  }

  /** How long to watch, for `durationMs` at scale 1. */
  durationMs(durationMs: number): number {
    return this.smoke ? SMOKE_MS : Math.max(LEAST_MS, durationMs * this.scale)
  }
}

const SMOKE_SCALE = 0.002
const SMOKE_MS = 300
const SMOKE_SAMPLES = 3
/** The best of so many rounds counts, in which the systems take turns. */
const ROUNDS = 3
const LEAST_JOBS = 10
const LEAST_SAMPLES = 20
const LEAST_MS = 2_000
