import { jobError } from './errors.ts'
import { PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX } from './limits.ts'

/**
 * Turns a value into the JSON that is stored, or says where it cannot be. What goes in has to come out the same at
 * the other side, so everything that JSON.stringify would drop or change without a word is refused with its path.
 *
 * @throws MillhandError `not_serialisable`, `payload_too_large`
 */
export function serialise(what: string, value: unknown, limitBytes: number = PAYLOAD_BYTES_MAX): string {
  const problem = value === undefined ? { path: '$', problem: 'undefined' } : findProblem(value, [], [])
  if (problem) throw jobError('not_serialisable', { what, ...problem })
  const json = JSON.stringify(value)
  // A UTF-16 unit is at most 3 bytes of UTF-8: counting is only needed near the limit.
  const bytes = json.length * 3 > limitBytes ? Buffer.byteLength(json) : 0
  if (bytes > limitBytes)
    throw jobError('payload_too_large', { what, bytes, limitBytes, path: largestPart(value) })
  return json
}

type Path = (string | number)[]
interface Problem {
  readonly path: string
  readonly problem: string
}

function findProblem(value: unknown, path: Path, ancestors: object[]): Problem | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      return Number.isFinite(value)
        ? undefined
        : { path: show(path), problem: `${value}, which JSON has no word for,` }
    case 'object':
      return value === null ? undefined : findProblemInside(value, path, ancestors)
    case 'bigint':
      return { path: show(path), problem: 'a BigInt (pass it as a text)' }
    default:
      return { path: show(path), problem: value === undefined ? 'undefined' : `a ${typeof value}` }
  }
}

function findProblemInside(value: object, path: Path, ancestors: object[]): Problem | undefined {
  if (ancestors.includes(value)) return { path: show(path), problem: 'a circular reference' }
  if (ancestors.length >= PAYLOAD_DEPTH_MAX) {
    return { path: show(path.slice(0, 5)), problem: `nesting deeper than ${PAYLOAD_DEPTH_MAX} levels` }
  }
  const foreign = foreignKind(value)
  if (foreign) return { path: show(path), problem: foreign }
  ancestors.push(value)
  const found = Array.isArray(value) ? inArray(value, path, ancestors) : inObject(value, path, ancestors)
  ancestors.pop()
  return found
}

function inArray(values: unknown[], path: Path, ancestors: object[]): Problem | undefined {
  for (let index = 0; index < values.length; index += 1) {
    path.push(index)
    const found = findProblem(values[index], path, ancestors)
    path.pop()
    if (found) return found
  }
  return undefined
}

/** An optional property that is undefined is the same as one that is not there, at both sides. */
function inObject(value: object, path: Path, ancestors: object[]): Problem | undefined {
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key]
    if (inner === undefined) continue
    path.push(key)
    const found = findProblem(inner, path, ancestors)
    path.pop()
    if (found) return found
  }
  return undefined
}

/** What an object is, when it is not a plain one or an array: it would arrive as something else. */
function foreignKind(value: object): string | undefined {
  if (Array.isArray(value)) return undefined
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return undefined
  if (value instanceof Date) return 'a Date, which would arrive as a text (pass toISOString() or getTime())'
  const name = value.constructor?.name ?? 'object of a class'
  // A plain object of another realm (a test runner, a vm) has another Object.prototype.
  if (name === 'Object' && Object.getPrototypeOf(prototype) === null) return undefined
  return `a ${name}, which would arrive as a plain object (pass its data)`
}

/** Path of the largest part, one or two levels down: enough to know what to take out. */
function largestPart(value: unknown, path: Path = []): string {
  if (typeof value !== 'object' || value === null || path.length >= 2) return show(path)
  let largest: { key: string; size: number } | undefined
  for (const [key, inner] of Object.entries(value)) {
    const size = JSON.stringify(inner)?.length ?? 0
    if (!largest || size > largest.size) largest = { key, size }
  }
  if (!largest) return show(path)
  const key = Array.isArray(value) ? Number(largest.key) : largest.key
  return largestPart((value as Record<string, unknown>)[largest.key], [...path, key])
}

function show(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return /^[A-Za-z_$][\w$]*$/.test(step) ? `${text}.${step}` : `${text}[${JSON.stringify(step)}]`
  }, '$')
}
