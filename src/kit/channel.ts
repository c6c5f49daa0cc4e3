import { inScope } from './scope.ts'

interface Reader<Value> {
  readonly resolve: (result: IteratorResult<Value>) => void
  readonly reject: (error: unknown) => void
}

/**
 * A queue between one writer and one reader that waits with `for await`. When the reader is slower than the writer,
 * the oldest values are dropped past `capacity`: a reader of news wants the newest.
 */
export class Channel<Value> implements AsyncIterableIterator<Value> {
  readonly #capacity: number
  readonly #onClose: () => void
  readonly #values: Value[] = []
  /** Calls of `next` that wait, first come first served: a reader may ask ahead. */
  readonly #readers: Reader<Value>[] = []
  #closed = false
  #error: unknown

  constructor(capacity: number, onClose: () => void) {
    this.#capacity = capacity
    this.#onClose = inScope(onClose)
  }

  push(value: Value): void {
    if (this.#closed) return
    const reader = this.#readers.shift()
    if (reader) reader.resolve({ value, done: false })
    else this.#values.push(value)
    if (this.#values.length > this.#capacity) this.#values.shift()
  }

  /** Ends the reading after what is already here; with an error, the reader gets that. */
  close(error?: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#error = error
    this.#onClose()
    for (const reader of this.#readers.splice(0)) {
      if (error === undefined) reader.resolve({ value: undefined, done: true })
      else reader.reject(error)
    }
  }

  async next(): Promise<IteratorResult<Value>> {
    const value = this.#values.shift()
    if (value !== undefined) return { value, done: false }
    if (this.#closed && this.#error !== undefined) throw this.#error
    if (this.#closed) return { value: undefined, done: true }
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject })
    })
  }

  async return(): Promise<IteratorResult<Value>> {
    this.#values.length = 0
    this.close()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
