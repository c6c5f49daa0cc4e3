import { types } from 'node:util'
import { descriptionOf } from './described.ts'

/** What JSON can show of a value. */
type Picture = string | number | boolean | null | readonly Picture[] | { readonly [key: string]: Picture }

/** To write out the digits of a number of megabytes takes minutes. */
const LARGE = 10n ** 80n

interface Bounds {
  /** About so many characters are shown: what is beyond is counted, or cut. */
  readonly characters: number
  readonly depthMax: number
}

/**
 * Any value as it can be shown: what JSON has no word for becomes a text that says what it was, and what throws when
 * it is read says that. Work and size are bounded by what is shown, whatever refers to what.
 */
export function pictureOf(value: unknown, bounds: Bounds): Picture {
  return new Painter(bounds).of(value, 0)
}

class Painter {
  readonly #ancestors: object[] = []
  readonly #depthMax: number
  #room: number

  constructor({ characters, depthMax }: Bounds) {
    this.#room = characters
    this.#depthMax = depthMax
  }

  of(value: unknown, depth: number): Picture {
    try {
      return this.#show(value, depth)
    } catch {
      return this.#text('[cannot be read]')
    }
  }

  #show(value: unknown, depth: number): Picture {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'boolean':
        this.#room -= 5
        return value
      case 'number':
        this.#room -= 8
        return Number.isFinite(value) ? value : String(value)
      case 'object':
        return value === null ? null : this.#inside(value, depth)
      case 'function':
        return this.#text(`[function ${value.name}]`)
      case 'bigint':
        return this.#text(value > LARGE || value < -LARGE ? '[a large bigint]' : `${value}`)
      default:
        return this.#text(String(value))
    }
  }

  #inside(value: object, depth: number): Picture {
    if (this.#ancestors.includes(value)) return this.#text('[circular]')
    const said = descriptionOf(value)
    if (said !== undefined) return this.#text(said)
    if (depth >= this.#depthMax) return this.#text('[deeper]')
    const plain = this.#asData(value)
    if (typeof plain !== 'object' || plain === null) return this.#show(plain, depth)
    this.#ancestors.push(value)
    try {
      return Array.isArray(plain) ? this.#list(plain, depth) : this.#object(plain, depth)
    } finally {
      this.#ancestors.pop()
    }
  }

  #list(values: readonly unknown[], depth: number): Picture {
    const shown: Picture[] = []
    for (let index = 0; index < values.length; index += 1) {
      if (this.#room <= 0) return [...shown, `… ${values.length - index} more`]
      const read = () => values[index]
      shown.push(this.#part(read, depth) ?? null)
    }
    return shown
  }

  #object(value: object, depth: number): Picture {
    const shown: [string, Picture][] = []
    const keys = Object.keys(value)
    for (const [index, key] of keys.entries()) {
      if (this.#room <= 0) {
        shown.push(['…', `${keys.length - index} more`])
        break
      }
      const inner = this.#part(() => (value as Record<string, unknown>)[key], depth)
      if (inner !== undefined) shown.push([this.#text(key), inner])
    }
    return Object.fromEntries(shown)
  }

  /** An element or a property: one that throws when it is read leaves the others as they are. */
  #part(read: () => unknown, depth: number): Picture | undefined {
    try {
      const value = read()
      this.#room -= 2
      return value === undefined ? undefined : this.of(value, depth + 1)
    } catch {
      return this.#text('[cannot be read]')
    }
  }

  #text(text: string): string {
    const most = Math.max(0, this.#room)
    const shown = text.length > most ? `${text.slice(0, most)}…` : text
    this.#room -= shown.length + 2
    return shown
  }

  /** What stands for an object of a class: what it makes of itself for JSON, or its data. */
  #asData(value: object): unknown {
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value))
      return `[${value.constructor.name}, ${value.byteLength} bytes]`
    const own = (value as { toJSON?: unknown }).toJSON
    if (typeof own === 'function') return own.call(value)
    if (value instanceof Error || types.isNativeError(value)) {
      const { name, message, code } = value as Error & { readonly code?: unknown }
      return { name, message, ...(code === undefined ? {} : { code }) }
    }
    if (types.isMap(value)) return Object.fromEntries(this.#first(value.entries()).map(keyed))
    return types.isSet(value) ? this.#first(value.values()) : value
  }

  /** No more than there is room for, and one, which says that there are more: it may have millions. */
  #first<Item>(items: Iterator<Item>): Item[] {
    const taken: Item[] = []
    for (let next = items.next(); !next.done && taken.length <= this.#room; next = items.next())
      taken.push(next.value)
    return taken
  }
}

function keyed([key, value]: [unknown, unknown]): [string, unknown] {
  const shown = typeof key === 'object' || typeof key === 'bigint' ? `[${typeof key}]` : String(key)
  return [shown, value]
}
