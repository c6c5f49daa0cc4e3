/** Lines of it that are shown: enough for the frames that are somebody's own, and a cause. */
const ROWS_MAX = 16

/** What stands beneath the line of an error: see `makeLogger`. */
const DETAIL = /^\s+(at |caused by: )/

/** The newest error that a worker told with its stack: its line and what stands beneath it. */
export class NewestError {
  /** The last line of each worker that may have details. */
  readonly #heads = new Map<number, string>()
  #lines: readonly string[] = []
  /** The worker whose details may go on. */
  #of: number | undefined

  get lines(): readonly string[] {
    return this.#lines
  }

  /** Takes a line of a worker; whether it is a detail of the one before it. */
  hear(worker: number, line: string): boolean {
    const isDetail = DETAIL.test(line)
    if (!isDetail) {
      this.#heads.set(worker, line)
      if (this.#of === worker) this.#of = undefined
      return false
    }
    if (this.#of !== worker) this.#lines = [this.#heads.get(worker) ?? '']
    this.#of = worker
    this.#lines = [...this.#lines, line].slice(0, ROWS_MAX)
    return true
  }
}
