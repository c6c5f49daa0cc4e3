/** Each bucket is so much wider than the one before: what is read from it is off by half of that at most. */
const GROWTH = 1.05

/** How durations are spread, in a few hundred numbers, however many of them there were. */
export class Spread {
  readonly #counts = new Map<number, number>()
  #total = 0

  add(ms: number): void {
    const bucket = Math.round(Math.log(Math.max(0, ms) + 1) / Math.log(GROWTH))
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1)
    this.#total += 1
  }

  /** The duration that this share of them did not exceed, in whole milliseconds; `null` where there was none. */
  percentile(share: number): number | null {
    let rank = Math.max(1, Math.ceil(share * this.#total))
    for (const [bucket, count] of [...this.#counts].sort(([left], [right]) => left - right)) {
      rank -= count
      if (rank <= 0) return Math.round(GROWTH ** bucket - 1)
    }
    return null
  }
}
