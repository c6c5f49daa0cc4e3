import { isCacheGate } from '../job/cache-gate.ts'
import { opensAt } from '../job/gate.ts'
import { readGates } from '../job/job-gates.ts'
import { keyOf, type Limit, limitOf } from '../job/limit.ts'
import { toDate } from '../job/stored.ts'
import { formatDuration } from '../kit/duration.ts'
import { ruleNamed } from '../store/limits.ts'
import type { Store } from '../store/store.ts'
import { type GateAround, placeOf, type Reason, type Situation } from './reason.ts'

const NOBODY: GateAround['state'] = { holders: [], running: 0, waiting: 1, closedUntil: null, grants: [] }

/** What is around gates that jobs wait at; who waits is counted up to `waitingMax`, where that is said. */
export async function aroundGates(
  store: Pick<Store, 'limits'>,
  gates: readonly string[],
  waitingMax?: number,
): Promise<GateAround[]> {
  if (gates.length === 0) return []
  const records = await store.limits.list()
  const states = await store.limits.gates({ names: gates }, gates.length, waitingMax)
  return gates.map((gate) => {
    const record = records.find(({ name }) => name === limitOf(gate))
    return {
      gate,
      limit: ruleNamed(limitOf(gate), record),
      state: states.find((each) => each.gate === gate) ?? NOBODY,
    }
  })
}

/** Which limit keeps it, with its numbers; nothing where none does. */
export function limited({ gate: around, record, ...situation }: Situation): Reason[] {
  if (!around) return []
  const cost = readGates(record.limits).find(({ gate }) => gate === around.gate)?.cost ?? 1
  return [whyAtGate(situation, { ...around, cost, waits: 'waits' })]
}

/** A gate, and who waits there: 'waits', or '12 wait'; with what the first of them costs a rate. */
interface Waiting extends GateAround {
  readonly cost: number
  readonly waits: string
}

/** Why nobody passes there. */
export function whyAtGate(situation: Pick<Situation, 'nowMs' | 'workers'>, around: Waiting): Reason {
  const { nowMs } = situation
  const { limit, state } = around
  if (!limit) return undeclared(around)
  if (state.closedUntil !== null && state.closedUntil > nowMs)
    return closed(around, state.closedUntil - nowMs)
  if (limit.concurrency !== null && state.running >= limit.concurrency)
    return isCacheGate(around.gate) ? equalRuns(situation, around) : full(situation, around)
  return rated(around, limit, nowMs) ?? open(around)
}

function factsOf({ gate, state }: Waiting) {
  return { limit: limitOf(gate), key: keyOf(gate), running: state.running, waiting: state.waiting }
}

function called({ gate }: Waiting): string {
  const key = keyOf(gate)
  return `limit '${limitOf(gate)}'${key === null ? '' : ` for '${key}'`}`
}

function undeclared(around: Waiting): Reason {
  const text = `${around.waits} for ${called(around)}, of which nobody has said what it lets pass`
  const mend = 'start a worker with the definition that has it'
  return { code: 'limit_unknown', text, mend, facts: factsOf(around) }
}

function closed(around: Waiting, opensInMs: number): Reason {
  const until = toDate(around.state.closedUntil ?? 0).toISOString()
  const text = `${around.waits} for ${called(around)}: a handler has closed it (RateLimited) for ${formatDuration(opensInMs)} more, until ${until}; ${around.state.waiting} wait`
  return { code: 'limit_closed', text, facts: { ...factsOf(around), opensInMs } }
}

function full(situation: Pick<Situation, 'workers'>, around: Waiting): Reason {
  const { limit, state } = around
  const concurrency = limit?.concurrency ?? 0
  const holders = holdersOf(situation, state)
  const text = `${around.waits} for ${called(around)}: ${state.running} of ${concurrency} run, ${state.waiting} wait${holders}`
  const name = limitOf(around.gate)
  const mend = `to let more run: millhand limits set ${name} --concurrency ${concurrency + 1}; who runs: millhand limits show ${name}`
  const holder = state.holders[0]?.id ?? null
  return { code: 'limit_full', text, mend, facts: { ...factsOf(around), concurrency, holder } }
}

/** It gets the result of the one that runs, or runs itself when that one fails. */
function equalRuns(situation: Pick<Situation, 'workers'>, around: Waiting): Reason {
  const { state } = around
  const text = `${around.waits} for the result of an equal job (cache key '${keyOf(around.gate)}') that runs, ${state.waiting} wait${holdersOf(situation, state)}`
  const mend = 'it runs itself if that one fails; to run it in any case: millhand rerun'
  return {
    code: 'equal_running',
    text,
    mend,
    facts: { ...factsOf(around), holder: state.holders[0]?.id ?? null },
  }
}

/** Of more the command line tells. */
const HOLDERS_TOLD = 3

function holdersOf(situation: Pick<Situation, 'workers'>, { holders, running }: GateAround['state']): string {
  const told = holders.slice(0, HOLDERS_TOLD).map(({ id, worker, since }) => {
    return `${id} on worker ${placeOf(situation, worker)} since ${new Date(since).toISOString()}`
  })
  if (told.length === 0) return ''
  const more = running - told.length
  return `; held by ${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Where it is the rate that keeps it: nothing where the window has room for it by now. */
function rated(around: Waiting, limit: Limit, nowMs: number): Reason | undefined {
  const { rateCount, ratePerMs } = limit
  if (rateCount === null || ratePerMs === null) return undefined
  const { cost } = around
  const facts = { ...factsOf(around), rateCount, ratePerMs, cost }
  const rate = `${rateCount} in any ${formatDuration(ratePerMs)}`
  const name = limitOf(around.gate)
  if (cost > rateCount) {
    const text = `${around.waits} for ${called(around)} for ever: it costs ${cost}, and no more than ${rate} may start`
    const mend = `millhand limits set ${name} --rate ${cost}/${ratePerMs}ms, or enqueue it anew with a smaller cost`
    return { code: 'rate_reached', text, mend, facts }
  }
  const { running: holders, closedUntil, grants, waiting } = around.state
  const opensInMs = opensAt(limit, { holders, closedUntil, grants }, cost) - nowMs
  if (opensInMs <= 0) return undefined
  const at = toDate(nowMs + opensInMs).toISOString()
  const text = `${around.waits} for ${called(around)}: no more than ${rate} may start, and they have; it opens in ${formatDuration(opensInMs)}, at ${at}; ${waiting} wait`
  const mend = `to let more start: millhand limits set ${name} --rate`
  return { code: 'rate_reached', text, mend, facts: { ...facts, opensInMs } }
}

function open(around: Waiting): Reason {
  const what = isCacheGate(around.gate)
    ? `the result of an equal job (cache key '${keyOf(around.gate)}'), of which none runs by now`
    : `${called(around)}, which has room by now`
  const text = `${around.waits} for ${what}: that is seen within seconds`
  const mend = 'the worker that leads the maintenance sees to it, where none is told of it before'
  return { code: 'limit_open', text, mend, facts: factsOf(around) }
}
