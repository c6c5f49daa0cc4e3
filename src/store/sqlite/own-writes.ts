/**
 * Counts what this process writes, in memory that the beat thread shares: the file watch reports our own writes too,
 * and an idle worker would look at its database after each of its own beats.
 */
export class OwnWrites {
  readonly #counts: Int32Array

  /** `shared`: the counts of the thread that made them; none: counts of its own. */
  constructor(shared: Int32Array = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))) {
    this.#counts = shared
  }

  /** What another thread needs to count in the same place. */
  get shared(): Int32Array {
    return this.#counts
  }

  get beats(): number {
    return Atomics.load(this.#counts, 0)
  }

  get others(): number {
    return Atomics.load(this.#counts, 1)
  }

  addBeat(): void {
    Atomics.add(this.#counts, 0, 1)
  }

  addOther(): void {
    Atomics.add(this.#counts, 1, 1)
  }
}
