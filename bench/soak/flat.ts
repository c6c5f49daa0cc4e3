import { median } from '../measure.ts'

/** What was seen at one moment of a soak. */
export interface Sample {
  /** Since the load began. */
  readonly atMs: number
  /** What is alive in the heap, after a collection. */
  readonly heapMb: number
  /** What the process takes of the machine. */
  readonly residentMb: number
  /** From the arrival of a job to the start of its handler, of those that started since the sample before. */
  readonly pickupP50Ms: number
  readonly pickupP99Ms: number
  /** Jobs that are kept, finished ones included. */
  readonly rows: number
  /** What the database takes on the disk. */
  readonly fileMb: number
}

export type Figure = Exclude<keyof Sample, 'atMs'>

interface Allowance {
  /** How much more the second half may have than the first. */
  readonly ratioMax: number
  /** A difference below this is none, whatever the ratio: of little, everything is a multiple. */
  readonly least: number
}

/** A leak of one part in ten shows; how often a machine does something else in ten minutes does not. */
const ALLOWED: Readonly<Record<Figure, Allowance>> = {
  heapMb: { ratioMax: 1.1, least: 4 },
  residentMb: { ratioMax: 1.15, least: 32 },
  pickupP50Ms: { ratioMax: 1.5, least: 5 },
  pickupP99Ms: { ratioMax: 2, least: 50 },
  rows: { ratioMax: 1.1, least: 2_000 },
  fileMb: { ratioMax: 1.1, least: 8 },
}

/** How a figure went. */
export interface Trend {
  readonly figure: Figure
  /** The medians of the two halves. */
  readonly first: number
  readonly second: number
  /** By how much it grows, on the line that fits best. */
  readonly perHour: number
  readonly flat: boolean
}

/** Compares the second half of the samples with the first, for every figure. */
export function trendsOf(samples: readonly Sample[]): Trend[] {
  const middle = Math.floor(samples.length / 2)
  return (Object.keys(ALLOWED) as Figure[]).map((figure) => {
    const values = samples.map((sample) => sample[figure]).map((value) => (Number.isNaN(value) ? 0 : value))
    const [first, second] = [median(values.slice(0, middle)), median(values.slice(middle))]
    const { ratioMax, least } = ALLOWED[figure]
    const flat = second - first <= least || second <= first * ratioMax
    return {
      figure,
      first,
      second,
      perHour: slope(
        samples.map(({ atMs }) => atMs / 3_600_000),
        values,
      ),
      flat,
    }
  })
}

/** Of the line through the points that has the least squares. */
function slope(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const across = xs.reduce((sum, x, index) => sum + (x - meanX) * ((ys[index] ?? 0) - meanY), 0)
  const along = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0)
  return along === 0 ? 0 : across / along
}
