import { limitOf } from '../../src/job/limit.ts'
import { type Event, type Invariant, verbsOf } from '../event.ts'
import { isSame, type Snapshot } from '../snapshot.ts'
import { type Grant, gatesOf, heldUp, holdersOf } from './waiting.ts'

/** Times in a store are whole milliseconds, those of the world are not; and those of a file are rounded again when its clock is set. */
const ROUNDING_MS = 3

/** So late goes on whom no hint has told of, and so much later where that takes a few calls. */
const TENDED_MS = 1_000
const LATE_MS = 500

/** Who holds a gate is who runs through it: nobody more, and nobody less. */
const rightHolders: Invariant = ({ calls, before, after }) => {
  const { controls } = after
  if (!controls || (isSame(before, after) && before.controls?.holders.size === controls.holders.size))
    return []
  const running = runningIn(after)
  const idle = [...controls.holders].filter((each) => !running.has(each))
  const loose = [...running].filter((each) => !controls.holders.has(each))
  return [
    ...idle.map((each) => `${each} is held and does not run, after ${verbsOf(calls)}`),
    ...loose.map((each) => `${each} runs and is not held, after ${verbsOf(calls)}`),
  ]
}

/** `GATE ID` for each gate of each job that runs. */
function runningIn({ jobs }: Snapshot): ReadonlySet<string> {
  const running = [...jobs.values()].filter(({ state, limits }) => state === 'running' && limits !== null)
  return new Set(running.flatMap((job) => gatesOf(job).map((gate) => `${gate} ${job.id}`)))
}

/** Nobody begins where as many run as the limit lets. */
const neverTooMany: Invariant = (event) => {
  const { after, calls, gates } = event
  const { rules } = gates
  const changed = rules.namedIn(calls)
  return [...new Set(gates.granted(event).map(({ gate }) => gate))].flatMap((gate) => {
    const name = limitOf(gate)
    if (changed.has(name) || !rules.isKnown(name)) return []
    const rule = rules.get(name)
    const most = rule ? (rule.concurrency ?? Number.POSITIVE_INFINITY) : 0
    const count = holdersOf(gate, runningIn(after))
    return count > most ? [`${count} run through ${gate}, which lets ${most}`] : []
  })
}

/** Never do more start in any window than the rate lets. */
const neverTooOften: Invariant = (event) => {
  const fresh = event.gates.granted(event)
  return [...new Set(fresh.map(({ gate }) => gate))].flatMap((gate) => tooOften(gate, fresh, event))
}

function tooOften(gate: string, fresh: readonly Grant[], { calls, gates }: Event): string[] {
  const name = limitOf(gate)
  const { rateCount = null, ratePerMs = null } = gates.rules.get(name) ?? {}
  const isKnown = gates.rules.isKnown(name) && !gates.rules.namedIn(calls).has(name)
  if (!isKnown || rateCount === null || ratePerMs === null) return []
  // What has started in the very millisecond of a change may have started before it.
  const grants = [...gates.grants(gate), ...fresh.filter((each) => each.gate === gate)].filter(
    ({ atMs }) => atMs > gates.rateSince(name),
  )
  const last = Math.max(...grants.map(({ atMs }) => atMs))
  const inWindow = grants.filter(({ atMs }) => atMs > last - ratePerMs + ROUNDING_MS)
  const spent = inWindow.reduce((sum, { cost }) => sum + cost, 0)
  return spent > rateCount
    ? [`${spent} have started at ${gate} in ${ratePerMs} ms, which lets ${rateCount}`]
    : []
}

/** Nobody passes a gate that a handler has closed. */
const neverClosed: Invariant = (event) => {
  const { timing, gates } = event
  // By then a settlement may have been written a while ago.
  if (timing === 'loose') return []
  return gates
    .granted(event)
    .filter(({ gate, atMs }) => atMs + ROUNDING_MS < gates.closedUntil(gate))
    .map(({ gate, atMs }) => {
      const forMs = Math.round(gates.closedUntil(gate) - atMs)
      return `somebody has passed ${gate}, which was closed for ${forMs} ms more`
    })
}

/** Nobody waits at a gate that is open, once a leader has looked for such, or for longer than it takes until it does. */
const nobodyForgotten: Invariant = (event) => {
  const { calls, gates, elapsedMs, isPunctual } = event
  const [call] = calls
  const isTended = calls.length === 1 && call?.verb === 'limits.tend' && !call.isDoubtful
  if (!isTended && !isPunctual) return []
  return [...heldUp(event, gates)].flatMap((gate) => {
    if (isTended && gates.heldUp.has(gate))
      return [`somebody waits at ${gate}, which is open, after limits.tend`]
    const waitedMs = gates.waitedMs(gate, elapsedMs)
    return isPunctual && waitedMs > TENDED_MS + LATE_MS
      ? [`somebody waits at ${gate} for ${Math.round(waitedMs)} ms, though it is open`]
      : []
  })
}

export const OF_GATES: readonly Invariant[] = [
  rightHolders,
  neverTooMany,
  neverTooOften,
  neverClosed,
  nobodyForgotten,
]
