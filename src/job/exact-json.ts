import { types } from 'node:util'
import { isThenable } from '../kit/thenable.ts'

/**
 * A value as JSON that gives the same value when it is read. `JSON.stringify` leaves out or bends what it has no word
 * for, and reads a value as often as it likes; this writes what it has checked, and reads everything once. What cannot
 * be kept is refused with its path. Undefined properties are the one exception: such a property is one that is not
 * there, at both sides.
 */

/** Why a value cannot be kept, and where that is. */
export class Refusal {
  readonly path: Path
  readonly problem: string

  constructor(path: Path, problem: string) {
    this.path = path
    this.problem = problem
  }
}

/** The value has more characters than there was room for. */
export class TooLong {}

export type Path = readonly (string | number)[]

interface Bounds {
  /** Deepest nesting. */
  readonly depthMax: number
  /** Characters after which it is given up: a few objects that share their parts can be written out as 2^40. */
  readonly charactersMax: number
}

/** What need not be escaped: quoted as it is, which is several times faster than asking `JSON.stringify`. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/

/** @throws Refusal, TooLong */
export function exactJson(value: unknown, bounds: Bounds): string {
  return new Writer(bounds).write(value)
}

class Writer {
  readonly #bounds: Bounds
  readonly #path: (string | number)[] = []
  readonly #ancestors: object[] = []
  #room: number

  constructor(bounds: Bounds) {
    this.#bounds = bounds
    this.#room = bounds.charactersMax
  }

  write(value: unknown): string {
    try {
      return this.#value(value)
    } catch (thrown) {
      if (thrown instanceof Refusal || thrown instanceof TooLong) throw thrown
      // A getter, or a proxy: what they throw may be anything.
      throw this.#refusal('something that throws when it is read,')
    }
  }

  #value(value: unknown): string {
    switch (typeof value) {
      case 'string':
        return this.#take(quoted(value))
      case 'number':
        return this.#take(this.#number(value))
      case 'boolean':
        return this.#take(value ? 'true' : 'false')
      case 'object':
        return value === null ? this.#take('null') : this.#inside(value)
      case 'bigint':
        throw this.#refusal('a BigInt (pass it as a text)')
      case 'undefined':
        throw this.#refusal('undefined')
      default:
        throw this.#refusal(`a ${typeof value}`)
    }
  }

  #number(value: number): string {
    if (!Number.isFinite(value)) throw this.#refusal(`${value}, which JSON has no word for,`)
    return Object.is(value, -0) ? '-0' : `${value}`
  }

  #inside(value: object): string {
    if (this.#ancestors.includes(value)) throw this.#refusal('a circular reference')
    const { depthMax } = this.#bounds
    if (this.#ancestors.length >= depthMax) {
      throw new Refusal(this.#path.slice(0, 5), `nesting deeper than ${depthMax} levels`)
    }
    const isArray = Array.isArray(value)
    const foreign = isArray ? foreignArray(value) : foreignObject(value)
    if (foreign) throw this.#refusal(foreign)
    this.#ancestors.push(value)
    const written = isArray ? this.#array(value) : this.#object(value as Record<string, unknown>)
    this.#ancestors.pop()
    return written
  }

  #array(values: readonly unknown[]): string {
    const { length } = values
    this.#requireNoSymbols(values)
    let written = '['
    for (let index = 0; index < length; index += 1) {
      this.#path.push(index)
      const element = values[index]
      if (element === undefined && !(index in values)) throw this.#refusal('a hole in a list')
      this.#spend(','.length)
      written += index === 0 ? this.#value(element) : `,${this.#value(element)}`
      this.#path.pop()
    }
    // After the elements: by then a hole is found, and the names are as many as there are elements.
    const names = Object.keys(values)
    if (names.length !== length)
      throw this.#refusal('a property on a list, not one of its elements,', names.at(-1))
    this.#spend('[]'.length)
    return `${written}]`
  }

  #object(value: Readonly<Record<string, unknown>>): string {
    const keys = Object.keys(value)
    this.#requireNoSymbols(value)
    const names = Object.getOwnPropertyNames(value)
    if (names.length !== keys.length) {
      const shown = new Set(keys)
      const hidden = names.find((name) => !shown.has(name))
      throw this.#refusal('a property that is not enumerable', hidden)
    }
    let written = '{'
    for (const key of keys) {
      this.#path.push(key)
      const inner = value[key]
      if (inner !== undefined) {
        const name = quoted(key)
        this.#take(name)
        written += `${written.length === 1 ? '' : ','}${name}:${this.#value(inner)}`
      }
      this.#path.pop()
    }
    this.#take('{}')
    return `${written}}`
  }

  #requireNoSymbols(value: object): void {
    const [symbol] = Object.getOwnPropertySymbols(value)
    if (symbol !== undefined) throw this.#refusal('a property whose key is a symbol', `[${String(symbol)}]`)
  }

  /** Counts what is written; the commas and colons of objects are not worth it. */
  #take(written: string): string {
    this.#spend(written.length)
    return written
  }

  #spend(characters: number): void {
    this.#room -= characters
    if (this.#room < 0) throw new TooLong()
  }

  #refusal(problem: string, key?: string): Refusal {
    return new Refusal(key === undefined ? [...this.#path] : [...this.#path, key], problem)
  }
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** What a list is, when it is not a plain one. */
function foreignArray(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  // The prototype of all lists is one itself, in every realm; that of a class is none.
  if (prototype === Array.prototype || Array.isArray(prototype)) return undefined
  return `${nameOfClass(value)}, which would arrive as a plain list (pass its elements)`
}

/** What an object is, when it is not a plain one: it would arrive as something else. */
function foreignObject(value: object): string | undefined {
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return undefined
  if (prototype === null)
    return isRawJson(value) ? 'raw JSON, which would arrive as what it says,' : undefined
  if (types.isDate(value)) return 'a Date, which would arrive as a text (pass toISOString() or getTime())'
  if (isThenable(value)) return `${nameOfClass(value)}, which has no value yet (await it first)`
  // A plain object of another realm (a test runner, a vm) has another Object.prototype.
  if (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')) return undefined
  return `${nameOfClass(value)}, which would arrive as a plain object (pass its data)`
}

function nameOfClass(value: object): string {
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object'
    ? `a ${name}`
    : 'an object with a prototype'
}

/** Node 22 and later know `JSON.rawJSON`. */
function isRawJson(value: object): boolean {
  const { isRawJSON } = JSON as { isRawJSON?: (value: unknown) => boolean }
  return isRawJSON?.(value) ?? false
}
