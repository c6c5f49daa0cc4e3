import { preview } from '../kit/error.ts'
import { jobError } from './errors.ts'
import { type DefinedLimit, gateOf } from './limit.ts'
import { isJson, readStored } from './stored.ts'

/** What a job has to pass before it runs, and how much of a rate it takes there. */
export interface JobGate {
  readonly gate: string
  readonly cost: number
}

/**
 * The gates of a job with this input, as they are kept with it: JSON, in the order of their names, in which they are locked;
 * `null` where there are none.
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
  return JSON.stringify([...costs].sort(([one], [other]) => (one < other ? -1 : 1)))
}

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
  return list.flatMap((each) => (isPair(each) ? [{ gate: each[0], cost: each[1] }] : []))
}

function isPair(value: unknown): value is [string, number] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number'
}
