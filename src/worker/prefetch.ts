/** Jobs that one claim brings beyond the free slots, at most: what a crash makes wait for its rescue. */
const PREFETCH_MAX = 1_000

/**
 * A claim brings work for this many times as long as it and the writing of the outcomes take, so that their fixed
 * cost (a flush to the disk, a round trip) stays small beside the work; never less than 10 ms, never more than 100.
 * Measured with no-op jobs on SQLite while another process kept the disk busy: with a fixed 10 ms, 20,000 jobs/s in
 * claims of 110; with this, 45,000 in claims of 500.
 */
const HORIZON_ROUND_TRIPS = 10
const SHORTEST_HORIZON_MS = 10
const LONGEST_HORIZON_MS = 100
/** Ten jobs that were quick speak for a hundred, and no more: other workers wait for what is held here. */
const GROWTH = 10

/** What the claim loop knows when it decides how much to claim. */
interface Load {
  readonly concurrency: number
  readonly running: number
  readonly buffered: number
  /** Jobs that were finished a millisecond of late. */
  readonly finishedPerMs: number
  /** Jobs that were finished between two claims of late. */
  readonly finished: number
  /** How many claims may be here: 2 where the store makes the next one while the jobs of the last one run. */
  readonly batches: 1 | 2
  /** Mean time of a claim and of a settlement, together. */
  readonly roundTripMs: number
}

/**
 * How many jobs to claim now: what the free slots can start, plus what will be finished within the horizon. Jobs
 * that last longer than that: nothing ahead, so that other workers get them. No-op jobs: hundreds, so that the store
 * is asked rarely.
 */
export function claimSize(load: Load): number {
  const batch = ahead(load)
  const free = load.concurrency - load.running
  const wanted = free + load.batches * batch
  const missing = wanted - load.buffered
  // Asking for a handful while there is still plenty would spend a transaction on it.
  return missing < wanted / (2 * load.batches) ? 0 : Math.max(0, Math.min(missing, free + batch))
}

function ahead({ concurrency, finishedPerMs, finished, roundTripMs }: Load): number {
  const horizonMs = Math.min(
    LONGEST_HORIZON_MS,
    Math.max(SHORTEST_HORIZON_MS, HORIZON_ROUND_TRIPS * roundTripMs),
  )
  const expected = Math.floor(finishedPerMs * horizonMs)
  return expected < concurrency ? 0 : Math.min(PREFETCH_MAX, expected, GROWTH * finished)
}

/** How much a new measurement counts in a mean. */
const WEIGHT = 0.3

/** A mean in which the newest measurements count most. */
export class MovingMean {
  #value = 0
  #empty = true

  get value(): number {
    return this.#value
  }

  reset(): void {
    this.#value = 0
    this.#empty = true
  }

  add(measured: number): void {
    this.#value = this.#empty ? measured : this.#value + WEIGHT * (measured - this.#value)
    this.#empty = false
  }
}

/**
 * How fast jobs are finished while there are any, measured from claim to claim: what passes until a claim brings some
 * says nothing of the jobs. Not from the time of single handlers: with a store that answers at once, a claim between
 * the start and the end of a handler would count as the handler's.
 */
export class FinishRate {
  readonly #mean = new MovingMean()
  #finished = 0
  #latest = 0
  #before = 0
  #running = 0
  #busyMs = 0
  #busySinceMs = 0

  get perMs(): number {
    return this.#mean.value
  }

  /** Jobs that were finished between two claims of the last three: a claim that follows at once sees none. */
  get latest(): number {
    return Math.max(this.#latest, this.#before)
  }

  start(elapsedMs: number): void {
    if (this.#running === 0) this.#busySinceMs = elapsedMs
    this.#running += 1
  }

  finish(elapsedMs: number): void {
    this.#finished += 1
    this.#running -= 1
    if (this.#running === 0) this.#busyMs += elapsedMs - this.#busySinceMs
  }

  /** The jobs that run now are slow: what was quick before them says nothing of those that follow. */
  slowDown(): void {
    this.#mean.reset()
    this.#before = 0
    this.#latest = 0
    this.#finished = 0
  }

  /** A claim begins: what was finished since the last one is a measurement. */
  measure(elapsedMs: number): void {
    if (this.#running > 0) {
      this.#busyMs += elapsedMs - this.#busySinceMs
      this.#busySinceMs = elapsedMs
    }
    if (this.#finished > 0 || this.#busyMs > 0) this.#mean.add(this.#finished / Math.max(this.#busyMs, 0.1))
    this.#before = this.#latest
    this.#latest = this.#finished
    this.#finished = 0
    this.#busyMs = 0
  }
}
