/** A key that is held at least until a time, whatever becomes of its job; `null`: for ever. */
interface KeptKey {
  readonly id: string
  readonly untilMs: number | null
}

/** Keys that outlive their jobs, by name and key. */
export class KeptKeys {
  readonly #keys = new Map<string, KeptKey>()
  /** What they were before the transaction that is open. */
  #before: Map<string, KeptKey | undefined> | undefined

  /** Who holds it that is not over. */
  get(nameAndKey: string, nowMs: number): KeptKey | undefined {
    const kept = this.#keys.get(nameAndKey)
    return kept && (kept.untilMs === null || kept.untilMs > nowMs) ? kept : undefined
  }

  /** `undefined`: it is kept no longer. */
  set(nameAndKey: string, kept: KeptKey | undefined): void {
    if (this.#before && !this.#before.has(nameAndKey))
      this.#before.set(nameAndKey, this.#keys.get(nameAndKey))
    if (kept) this.#keys.set(nameAndKey, kept)
    else this.#keys.delete(nameAndKey)
  }

  /** Forgets keys whose time is over, at most `limit`. */
  prune(nowMs: number, limit: number): void {
    const over = [...this.#keys].filter(([, { untilMs }]) => untilMs !== null && untilMs <= nowMs)
    for (const [nameAndKey] of over.slice(0, limit)) this.set(nameAndKey, undefined)
  }

  begin(): void {
    this.#before = new Map()
  }

  commit(): void {
    this.#before = undefined
  }

  rollback(): void {
    const before = this.#before ?? []
    this.#before = undefined
    for (const [nameAndKey, kept] of before) this.set(nameAndKey, kept)
  }
}
