import { readSafely } from './brand.ts'
import { CutSecret, cutsIn } from './cut-secret.ts'
import { isError } from './error.ts'
import { visible } from './visible.ts'

const MASK = '…'

/** As deep as what hangs on an error is looked into; what is below is left out. */
const DEPTH_MAX = 4

/** Texts that must not be told, and what is told without them. */
export class Mask {
  readonly #hidden = new Map<string, CutSecret>()
  /** The longest first: one may be a part of another. */
  #ordered: readonly (readonly [secret: string, cut: CutSecret])[] = []

  /** Hides it from now on, also as it stands in JSON, in a URL, and on one line. */
  add(secret: string): void {
    if (secret === '' || this.#hidden.has(secret)) return
    const inJson = JSON.stringify(secret).slice(1, -1)
    const inUrl = encodeURIComponent(secret.toWellFormed())
    for (const written of new Set([secret, inJson, inUrl, visible(secret)]))
      if (!this.#hidden.has(written)) this.#hidden.set(written, new CutSecret(written))
    this.#order()
  }

  /** Hides what the other one hides, too. */
  include(other: Mask): void {
    for (const [written, cut] of other.#hidden) this.#hidden.set(written, cut)
    this.#order()
  }

  #order(): void {
    this.#ordered = [...this.#hidden].toSorted(([left], [right]) => right.length - left.length)
  }

  text(text: string): string {
    const whole = this.#ordered.reduce((shown, [secret]) => shown.replaceAll(secret, MASK), text)
    return this.#withoutPieces(whole)
  }

  /** What is long is cut in messages before it comes here. */
  #withoutPieces(text: string): string {
    let shown = text
    let cuts = cutsIn(text)
    for (const [, secret] of this.#ordered) {
      if (cuts.length === 0) break
      const hidden = secret.hiddenIn(shown, cuts)
      if (hidden !== shown) cuts = cutsIn(hidden)
      shown = hidden
    }
    return shown
  }

  /** The same of data, texts and names in it. */
  data<Data>(data: Data): Data
  data(data: unknown): unknown {
    if (typeof data === 'string') return this.text(data)
    if (Array.isArray(data)) return data.map((each) => this.data(each))
    if (typeof data !== 'object' || data === null) return data
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [this.text(key), this.data(value)]))
  }

  /**
   * A copy of an error, of the same class, that says the same without them. Of what hangs on it, what is plain data is kept:
   * what else it may hold cannot be known.
   */
  error(error: Error, depth = 0): Error {
    if (this.#hidden.size === 0) return error
    const copy = Object.create(Object.getPrototypeOf(error)) as Error
    for (const key of ownKeys(error)) {
      const value = this.#value(readSafely(error, key), depth)
      const enumerable = Object.prototype.propertyIsEnumerable.call(error, key)
      Object.defineProperty(copy, key, { value, enumerable, configurable: true, writable: true })
    }
    return copy
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'function') return undefined
    if (typeof value !== 'object' || value === null) return value
    if (depth >= DEPTH_MAX) return undefined
    if (isError(value)) return this.error(value, depth + 1)
    if (Array.isArray(value)) return value.map((each) => this.#value(each, depth + 1))
    if (!isPlain(value)) return undefined
    return Object.fromEntries(
      Object.keys(value).map((key) => [this.text(key), this.#value(readSafely(value, key), depth + 1)]),
    )
  }
}

function ownKeys(value: object): string[] {
  try {
    return Object.getOwnPropertyNames(value)
  } catch {
    return []
  }
}

function isPlain(value: object): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(value)
    return prototype === null || prototype === Object.prototype
  } catch {
    return false
  }
}
