import { type Deferred, deferred } from './deferred.ts'

/** Something to wait for again and again: all who wait for the next ring go on when it comes. */
export class Bell {
  #next: Deferred<void> = deferred()

  /** Resolves with the next ring. */
  next(): Promise<void> {
    return this.#next.promise
  }

  ring(): void {
    this.#next.resolve()
    this.#next = deferred()
  }
}
