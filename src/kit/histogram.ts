/** Each bucket is so much wider than the one before: what is read from it is off by half of that at most. */
const GROWTH = 1.1
const STEP = Math.log(GROWTH)

/** Durations by their size: how many there were in each bucket. An hour is in bucket 158, so that all are small numbers. */
export type Histogram = Readonly<Record<number, number>>

/** The bucket of a duration in milliseconds. */
export function bucketOf(ms: number): number {
  return Math.round(Math.log(Math.max(0, ms) + 1) / STEP)
}

/** What is in either. */
export function sumOf(histograms: readonly Histogram[]): Histogram {
  const sum: Record<number, number> = {}
  for (const histogram of histograms) {
    for (const [bucket, count] of Object.entries(histogram))
      sum[Number(bucket)] = (sum[Number(bucket)] ?? 0) + count
  }
  return sum
}

/** The duration that this share of them did not exceed, in whole milliseconds, to 5 %; `null` where there was none. */
export function percentileOf(histogram: Histogram, share: number): number | null {
  // Keys that are whole numbers are in their order.
  const buckets = Object.entries(histogram)
  const total = buckets.reduce((sum, [, count]) => sum + count, 0)
  let rank = Math.max(1, Math.ceil(share * total))
  for (const [bucket, count] of buckets) {
    rank -= count
    if (rank <= 0) return Math.round(GROWTH ** Number(bucket) - 1)
  }
  return null
}
