/** The calls of `ctx.invoke` that one run of a handler has made, by the steps at which it made them. */
export class Steps {
  readonly #counts = new Map<string, number>()
  readonly #turns = new Map<string, Promise<unknown>>()

  /** The step of the next call: as the call says, or by how often it has invoked a job of this name. */
  nameOf(job: string, given: string | undefined): string {
    if (given !== undefined) return given
    const count = (this.#counts.get(job) ?? 0) + 1
    this.#counts.set(job, count)
    return `${job} #${count}`
  }

  /** One call of a step after the other: the second one is to find what the first one has made. */
  inTurn<Result>(step: string, body: (isFirst: boolean) => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(step)
    const turn = before ? before.then(() => body(false)) : body(true)
    this.#turns.set(
      step,
      turn.catch(() => {}),
    )
    return turn
  }
}
