import { types } from 'node:util'
import { isError, safeText } from '../kit/error.ts'
import type { Json, Progress } from './job.ts'
import { LOG_LINE_CHARACTERS, PAYLOAD_DEPTH_MAX, PROGRESS_BYTES_MAX } from './limits.ts'
import { storableText } from './text.ts'

/**
 * What only tells of work never ends it: progress and the data of log lines are shown as far as they can be. What JSON
 * has no word for becomes a text that says what it was, what is too large is cut, and nothing throws. Everything is
 * copied at the call, so that what a handler does to an object later changes nothing.
 */

/** Room for the signs that say that something was cut. */
const CUT_CHARACTERS = 64

/** A value as JSON can show it, in at most `bytesMax` of JSON. */
export function showable(value: unknown, bytesMax: number = PROGRESS_BYTES_MAX): Json {
  for (let characters = bytesMax - CUT_CHARACTERS; characters >= 1; characters = Math.floor(characters / 2)) {
    const shown = new Picture(characters).of(value, 0)
    if (Buffer.byteLength(JSON.stringify(shown)) <= bytesMax) return shown
  }
  return '…'
}

/** Progress as it is shown: a fraction from 0 to 1, or none; a message that is a text; the rest cut to its limit. */
export function showableProgress(given: unknown): Progress {
  if (typeof given === 'number') return withFraction(showable(given), {})
  const shown = showable(given)
  if (typeof shown !== 'object' || shown === null || Array.isArray(shown)) {
    return shown === null ? {} : { message: textOf(shown) }
  }
  const { fraction, message, ...others } = shown as { readonly [key: string]: Json }
  const told = message === undefined || message === null ? others : { ...others, message: textOf(message) }
  return fraction === undefined || fraction === null ? told : withFraction(fraction, told)
}

/** A message of a log line, whatever was passed. */
export function showableText(given: unknown): string {
  const text = safeText(() => given)
  return text === undefined || text === '[object Object]' ? textOf(showable(given)) : text
}

/** One that is none is told in words, where there are no others. */
function withFraction(fraction: Json, progress: Progress): Progress {
  const number = typeof fraction === 'number' ? fraction : Number.parseFloat(String(fraction))
  if (Number.isNaN(number)) return { message: `[fraction: ${textOf(fraction)}]`, ...progress }
  return { fraction: Math.min(1, Math.max(0, number)), ...progress }
}

function textOf(shown: Json): string {
  return storableText(typeof shown === 'string' ? shown : JSON.stringify(shown), LOG_LINE_CHARACTERS)
}

/** One value as it can be shown, in about so many characters. */
class Picture {
  readonly #ancestors: object[] = []
  #room: number

  constructor(characters: number) {
    this.#room = characters
  }

  of(value: unknown, depth: number): Json {
    try {
      return this.#show(value, depth)
    } catch {
      return this.#text('[cannot be read]')
    }
  }

  #show(value: unknown, depth: number): Json {
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
      default:
        return this.#text(String(value))
    }
  }

  #inside(value: object, depth: number): Json {
    if (this.#ancestors.includes(value)) return this.#text('[circular]')
    if (depth >= PAYLOAD_DEPTH_MAX) return this.#text('[deeper]')
    const plain = asData(value)
    if (typeof plain !== 'object' || plain === null) return this.#show(plain, depth)
    this.#ancestors.push(value)
    try {
      return Array.isArray(plain) ? this.#list(plain, depth) : this.#object(plain, depth)
    } finally {
      this.#ancestors.pop()
    }
  }

  #list(values: readonly unknown[], depth: number): Json {
    const shown: Json[] = []
    for (let index = 0; index < values.length; index += 1) {
      if (this.#room <= 0) return [...shown, `… ${values.length - index} more`]
      const read = () => values[index]
      shown.push(this.#part(read, depth) ?? null)
    }
    return shown
  }

  #object(value: object, depth: number): Json {
    const shown: [string, Json][] = []
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
  #part(read: () => unknown, depth: number): Json | undefined {
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
}

/** What stands for an object of a class: what it makes of itself for JSON, or its data. */
function asData(value: object): unknown {
  const own = (value as { toJSON?: unknown }).toJSON
  if (typeof own === 'function') return own.call(value)
  if (isError(value)) {
    const { name, message, code } = value as Error & { readonly code?: unknown }
    return { name, message, ...(code === undefined ? {} : { code }) }
  }
  if (types.isMap(value)) return Object.fromEntries([...value].map(([key, inner]) => [String(key), inner]))
  if (types.isSet(value)) return [...value]
  return value
}
