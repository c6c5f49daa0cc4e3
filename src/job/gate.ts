import type { Limit } from './limit.ts'

/** What started at a gate that has a rate, oldest first: when, and how much of the rate it took. */
export type Grants = readonly (readonly [atMs: number, cost: number])[]

/** What is known of a gate: one key of a limit. */
export interface GateState {
  /** The jobs that run and hold it. */
  readonly holders: number
  /** Nobody passes before, since a handler has said so (`RateLimited`); `null`: nobody has. */
  readonly closedUntil: number | null
  readonly grants: Grants
  /** Of the gate that equal jobs share: the id of the one whose result is theirs. Whoever takes it passes, and holds nothing. */
  readonly answer?: string | undefined
}

export const OPEN_GATE: GateState = { holders: 0, closedUntil: null, grants: [] }

/** Grants that a gate remembers one by one; of more, neighbours become one, with the later time. */
const GRANTS_KEPT = 128
/** Jobs that one opening lets go on. */
export const ROOM_MAX = 1_000

/**
 * When a job of this cost can pass: now or before where it can at once, `Infinity` where somebody has to leave first. A gate
 * of a limit that nobody has declared lets none pass: nobody knows how many may.
 */
export function opensAt(limit: Limit | undefined, state: GateState, cost = 1): number {
  if (!limit) return Number.POSITIVE_INFINITY
  if (limit.concurrency !== null && state.holders >= limit.concurrency) return Number.POSITIVE_INFINITY
  return Math.max(state.closedUntil ?? 0, rateOpensAt(limit, state.grants, cost))
}

/**
 * The end of the shortest wait after which the window (a sliding one: what started longer ago than `ratePerMs` is out of it)
 * has room for the cost.
 */
function rateOpensAt({ rateCount, ratePerMs }: Limit, grants: Grants, cost: number): number {
  if (rateCount === null || ratePerMs === null) return 0
  if (cost > rateCount) return Number.POSITIVE_INFINITY
  let left = rateCount - grants.reduce((sum, [, each]) => sum + each, 0)
  let atMs = 0
  for (const [grantedAtMs, each] of grants) {
    if (left >= cost) break
    left += each
    atMs = grantedAtMs + ratePerMs
  }
  return atMs
}

/** How many jobs of cost 1 could pass now, about. */
export function roomAt(limit: Limit | undefined, state: GateState, nowMs: number): number {
  if (state.answer !== undefined) return ROOM_MAX
  if (!limit || opensAt(limit, state) > nowMs) return 0
  const places = limit.concurrency === null ? ROOM_MAX : limit.concurrency - state.holders
  const { rateCount } = limit
  const taken = inWindow(limit, state.grants, nowMs).reduce((sum, [, cost]) => sum + cost, 0)
  return Math.min(places, rateCount === null ? ROOM_MAX : rateCount - taken, ROOM_MAX)
}

/** The gate after a job of this cost has passed. */
export function passed(
  limit: Limit,
  state: GateState,
  { cost, nowMs }: { cost: number; nowMs: number },
): GateState {
  const holders = state.holders + 1
  if (limit.rateCount === null) return { ...state, holders }
  const grants = [...inWindow(limit, state.grants, nowMs)]
  const last = grants.at(-1)
  if (last?.[0] === nowMs) grants.splice(-1, 1, [nowMs, last[1] + cost])
  else grants.push([nowMs, cost])
  return { ...state, holders, grants: grants.length > GRANTS_KEPT ? merged(grants) : grants }
}

/** Whether a gate whose holders have gone stands as one at which nothing has ever happened: there is nothing to keep of it. */
export function isForgettable(limit: Limit | undefined, state: GateState, nowMs: number): boolean {
  if (state.holders > 0 || (state.closedUntil ?? 0) > nowMs) return false
  return (
    state.grants.length === 0 || (limit !== undefined && inWindow(limit, state.grants, nowMs).length === 0)
  )
}

/** The gate where what passed at one time has in truth passed later. */
export function passedLater(state: GateState, { fromMs, toMs }: { fromMs: number; toMs: number }): GateState {
  return {
    ...state,
    grants: state.grants.map(([atMs, cost]) => [atMs === fromMs ? toMs : atMs, cost] as const),
  }
}

function inWindow({ ratePerMs }: Limit, grants: Grants, nowMs: number): Grants {
  return grants.filter(([atMs]) => atMs + (ratePerMs ?? 0) > nowMs)
}

/** Two and two as one, at the later of their times: what is remembered too long lets less pass, never more. */
function merged(grants: Grants): Grants {
  return grants.flatMap(([atMs, cost], index) => {
    if (index % 2 === 0) return index === grants.length - 1 ? [[atMs, cost] as const] : []
    return [[atMs, cost + (grants[index - 1]?.[1] ?? 0)] as const]
  })
}
