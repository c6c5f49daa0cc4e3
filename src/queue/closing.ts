/** Tells everybody who waits for something of a queue that it is closed: nothing would ever come any more. */
export class Closing {
  readonly #listeners = new Set<(error: Error) => void>()
  #error: Error | undefined

  /** @throws MillhandError `store_closed` */
  requireOpen(): void {
    if (this.#error) throw this.#error
  }

  /** Calls back when the queue is closed, until the returned function is called. */
  on(onClose: (error: Error) => void): () => void {
    this.#listeners.add(onClose)
    return () => void this.#listeners.delete(onClose)
  }

  close(error: Error): void {
    this.#error ??= error
    for (const onClose of [...this.#listeners]) onClose(this.#error)
  }
}
