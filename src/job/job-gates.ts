import { messageOf, preview } from '../kit/error.ts'
import { unawaited } from '../kit/thenable.ts'
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
  /** It has it by its queue, or since all jobs have it: with another queue it has others. */
  readonly ofQueue?: true | undefined
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
  return writeGates([...costs].map(([gate, cost]) => ({ gate, cost })))
}

/** Gates as they are kept with a job: JSON, in their order; `null` where there are none. */
export function writeGates(gates: readonly JobGate[]): string | null {
  if (gates.length === 0) return null
  return JSON.stringify(
    gates.toSorted((one, other) => (comesFirst(one.gate, other.gate) ? -1 : 1)).map(stored),
  )
}

function comesFirst(one: string, other: string): boolean {
  return isCacheGate(one) === isCacheGate(other) ? one < other : isCacheGate(one)
}

function stored({ gate, cost, renews, ofQueue }: JobGate): readonly [string, number, unknown?] {
  if (ofQueue) return [gate, cost, OF_QUEUE]
  return renews ? [gate, cost, RENEWS] : [gate, cost]
}

const RENEWS = 'renews'
const OF_QUEUE = 1

function keyedGate(
  job: string,
  { limit, key }: { readonly limit: string; readonly key: (input: never) => unknown },
  input: unknown,
): string | null {
  const given = callKey(job, limit, () => key(input as never))
  if (given === null) return null
  if (typeof given === 'string' || typeof given === 'number') {
    const what = isCacheGate(limit) ? 'cache' : `limit '${limit}'`
    return gateOf(limit, String(given), `key of the ${what} of job '${job}'`)
  }
  throw jobError('invalid_limit_key', { ...aboutKey(job, limit), got: preview(given) })
}

/** Of a cache nobody has written a limit. */
function aboutKey(job: string, limit: string) {
  return { name: job, limit, ...(isCacheGate(limit) && { cache: true as const }) }
}

function callKey(job: string, limit: string, call: () => unknown): unknown {
  try {
    return unawaited(call())
  } catch (error) {
    const facts = { ...aboutKey(job, limit), got: 'an error', problem: messageOf(error) }
    throw jobError('invalid_limit_key', facts, { cause: error })
  }
}

/**
 * What a job requires of its worker stands before its gates, as the name of one. There is no limit of such a name, and a version
 * of Millhand that does not know better lets nobody pass a gate of a limit that it does not know.
 */
const REQUIREMENTS_MARK = '!'

/** How the gates of a job begin that requires anything; the requirements follow, up to the next quote. Statements read it so, too. */
export const REQUIRING = `[["${REQUIREMENTS_MARK}`

/** The gates with what the job requires, in place of what it did; '': nothing. */
export function withRequirements(limits: string | null, requirements: string): string | null {
  if (requirements === requirementsIn(limits)) return limits
  // As they stand: what else a gate says of itself stays.
  const gates = listIn(limits).filter((each) => !(isGate(each) && isRequirementsGate(each[0])))
  const all = requirements === '' ? gates : [[requirementsGate(requirements), 0], ...gates]
  return all.length === 0 ? null : JSON.stringify(all)
}

/** What the job requires of its worker; '' where that is nothing. */
export function requirementsIn(limits: string | null): string {
  if (!limits?.startsWith(REQUIRING)) return ''
  return limits.slice(REQUIRING.length, limits.indexOf('"', REQUIRING.length))
}

/** The gates as they were rewritten, with what stands before them of one that is kept: what it requires, and its group. */
export function withMarksOf(limits: string | null, gates: string | null): string | null {
  return withRequirements(withGroup(gates, groupIn(limits)), requirementsIn(limits))
}

/** The group of a job stands there likewise, behind what it requires. */
const GROUP_MARK = '@'

/** How it begins; the group follows, up to the next quote: in no other text of JSON stand such three characters. Statements read it so, too. */
export const GROUPING = `["${GROUP_MARK}`

/** The gates with the group of the job, in place of what that was; '': none. */
export function withGroup(limits: string | null, group: string): string | null {
  if (group === groupIn(limits)) return limits
  const gates = listIn(limits).filter((each) => !(isGate(each) && isGroupGate(each[0])))
  const requires = gates.filter((each) => isGate(each) && isRequirementsGate(each[0]))
  const others = gates.filter((each) => !requires.includes(each))
  const all = group === '' ? gates : [...requires, [groupGate(group), 0], ...others]
  return all.length === 0 ? null : JSON.stringify(all)
}

/** The group of the job; '' where it has none. */
export function groupIn(limits: string | null): string {
  const at = limits === null ? -1 : limits.indexOf(GROUPING)
  if (limits === null || at < 0) return ''
  const written = limits.slice(at + GROUPING.length, limits.indexOf('"', at + GROUPING.length))
  return written.replaceAll(/%(?:22|5C|25)/g, decodeURIComponent)
}

/** The same as it is written there, and in the indexes of the stores: without a character that JSON would write otherwise. */
export function writeGroup(group: string): string {
  return group.replaceAll(/["\\%]/g, encodeURIComponent)
}

/** At which nobody waits but who was put where nobody heeds his group. */
export function groupGate(group: string): string {
  return GROUP_MARK + writeGroup(group)
}

function isGroupGate(gate: string): boolean {
  return gate.startsWith(GROUP_MARK)
}

/** Whether it is no gate of a limit: it says something else of a job, which a version that does not know of it lets pass nowhere. */
export function isMark(gate: string): boolean {
  return isRequirementsGate(gate) || isGroupGate(gate)
}

/** At which nobody waits but who was put into a lane that does not ask for what he requires. */
export function requirementsGate(requirements: string): string {
  return REQUIREMENTS_MARK + requirements
}

function isRequirementsGate(gate: string): boolean {
  return gate.startsWith(REQUIREMENTS_MARK)
}

/** The gates of a job as it is kept; none where somebody has written something else there. */
export function readGates(limits: string | null): readonly JobGate[] {
  return allGates(limits).filter(({ gate }) => !isMark(gate))
}

function allGates(limits: string | null): readonly JobGate[] {
  return listIn(limits).flatMap((each) => (isGate(each) ? [toGate(each)] : []))
}

function listIn(limits: string | null): readonly unknown[] {
  if (limits === null || !isJson(limits)) return []
  const list = readStored(limits)
  return Array.isArray(list) ? list : []
}

function toGate([gate, cost, mark]: readonly [string, number, unknown?]): JobGate {
  if (mark === OF_QUEUE) return { gate, cost, ofQueue: true }
  return mark === RENEWS ? { gate, cost, renews: true } : { gate, cost }
}

function isGate(value: unknown): value is [string, number, unknown?] {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number'
}
