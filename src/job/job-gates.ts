import { preview } from '../kit/error.ts'
import { isCacheGate } from './cache-gate.ts'
import { jobError } from './errors.ts'
import { type DefinedLimit, gateOf } from './limit.ts'
import { isJson, readStored } from './stored.ts'

/** What a job has to pass before it runs, and how much of a rate it takes there. */
export interface JobGate {
  readonly gate: string
  readonly cost: number
  /** Of the gate that equal jobs share: it runs, whatever came of an equal one. */
  readonly renews?: true | undefined
}

/**
 * The gates of a job with this input, as they are kept with it: JSON, in the order of their names, but for that of a cache,
 * which comes first: where several are closed, a job waits for its equal. `null` where there are none.
 *
 * @throws MillhandError `invalid_limit_key`, `invalid_name`
 */
export function gatesFor(job: string, limits: readonly DefinedLimit[], input: unknown): string | null {
  const costs = new Map<string, number>()
  for (const { limit, key, cost } of limits) {
    const gate = typeof key === 'string' ? key : keyedGate(job, { limit: limit.name, key }, input)
    if (gate !== null) costs.set(gate, (costs.get(gate) ?? 0) + cost)
  }
  if (costs.size === 0) return null
  const gates = [...costs].map(([gate, cost]) => ({ gate, cost }))
  return writeGates(gates.sort((one, other) => (comesFirst(one.gate, other.gate) ? -1 : 1)))
}

/** The order in which the gates of a job are kept, by their names. */
export function comesFirst(one: string, other: string): boolean {
  return isCacheGate(one) === isCacheGate(other) ? one < other : isCacheGate(one)
}

/** Gates as they are kept with a job: JSON. */
export function writeGates(gates: readonly JobGate[]): string {
  return JSON.stringify(gates.map(storedGate))
}

export function storedGate({ gate, cost, renews }: JobGate): readonly [string, number, typeof RENEWS?] {
  return renews ? [gate, cost, RENEWS] : [gate, cost]
}

const RENEWS = 'renews'

function keyedGate(
  job: string,
  { limit, key }: { readonly limit: string; readonly key: (input: never) => unknown },
  input: unknown,
): string | null {
  const given = callKey(job, limit, () => key(input as never))
  if (given === null) return null
  if (typeof given === 'string' || typeof given === 'number') return gateOf(limit, String(given))
  throw jobError('invalid_limit_key', { name: job, limit, got: preview(given) })
}

function callKey(job: string, limit: string, call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    throw jobError('invalid_limit_key', { name: job, limit, got: 'an error' }, { cause: error })
  }
}

/** The gates of a job as it is kept; none where somebody has written something else there. */
export function readGates(limits: string | null): readonly JobGate[] {
  if (limits === null || !isJson(limits)) return []
  const list = readStored(limits)
  if (!Array.isArray(list)) return []
  return list.flatMap((each) => (isGate(each) ? [toGate(each)] : []))
}

function toGate([gate, cost, renews]: readonly [string, number, unknown?]): JobGate {
  return renews === RENEWS ? { gate, cost, renews: true } : { gate, cost }
}

function isGate(value: unknown): value is [string, number, unknown?] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number'
}
