import type { Executed, Gatekeeper, Work } from './call.ts'

/** A transaction, from its begin to its end. While its body runs, the store is not at work. */
export class Turn implements Work {
  readonly process: string
  readonly verb = 'transaction'
  /** What was done in it, which counts when it has committed. */
  readonly values: Executed[] = []
  isSeen = false
  readonly #keeper: Gatekeeper
  #isIdle = false

  constructor(process: string, keeper: Gatekeeper) {
    this.process = process
    this.#keeper = keeper
  }

  /** The store has begun it, and waits for the body. */
  begin(): void {
    this.#keeper.open.add(this)
    this.#keeper.underWay.delete(this)
    this.#isIdle = true
  }

  /** The body has ended, or is to end: the store is at work again. */
  back(): void {
    if (this.#isIdle) this.#keeper.underWay.add(this)
    this.#isIdle = false
  }

  /** Nothing is open any more. */
  end(): void {
    this.back()
    this.#keeper.open.delete(this)
  }
}

/** Nobody is left who could hear of it. */
export function never(): Promise<never> {
  return new Promise(() => {})
}
