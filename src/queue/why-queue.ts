import type { QueueSettings } from '../job/queue-settings.ts'
import { readRequirements } from '../job/requirements.ts'
import { formatDuration } from '../kit/duration.ts'
import type { Backlog, NameBacklog } from '../store/backlog.ts'
import type { WorkerRecord } from '../store/workers.ts'
import { whyAtGate } from './explain-limit.ts'
import { claims, itsTurn, quiet, whyPaused } from './explain-pending.ts'
import { noWorker } from './explain-worker.ts'
import type { Pause } from './pause.ts'
import type { GateAround, Reason } from './reason.ts'
import { fitFor } from './serving.ts'

/** The jobs of a queue that have not ended, each counted once. Of each name up to 10,000 are counted. */
export interface QueueCounts {
  /** Due, and nothing of their own keeps them: they wait for a worker. */
  readonly ready: number
  /** Due, and waiting at a limit. */
  readonly limited: number
  /** Due, and waiting for a worker that runs nothing else, since workers crashed while they ran. */
  readonly alone: number
  /** Not due yet: of the next 10,000 of all queues. */
  readonly delayed: number
  /** Claimed ahead by a worker, and not begun. */
  readonly held: number
  readonly running: number
}

export interface NameInQueue extends QueueCounts {
  readonly name: string
  /** Live workers that handle it in this queue, and that were not told to claim no more. */
  readonly workers: number
}

/** A queue and what is around it. */
interface QueueSituation {
  readonly queue: string
  readonly backlog: Backlog
  readonly gates: readonly GateAround[]
  readonly settings: QueueSettings
  readonly pause: Pause | undefined
  readonly workers: readonly WorkerRecord[]
  readonly nowMs: number
}

type Count = 'ready' | 'parked' | 'alone' | 'delayed' | 'held' | 'running'

export function sumOf(names: readonly NameBacklog[], count: Count): number {
  return names.reduce((sum, each) => sum + each[count], 0)
}

/** A name of the queue, and who handles it there; or those of its jobs that require something, and who meets that. */
interface Served extends NameBacklog {
  readonly requirements?: string
  readonly fit: readonly WorkerRecord[]
}

/** All that keeps jobs of the queue, and by name how many there are. */
export function whyQueue(situation: QueueSituation): {
  readonly reasons: Reason[]
  readonly names: NameInQueue[]
} {
  const { queue, backlog, pause } = situation
  const served = backlog.names.map((each) => ({
    ...each,
    fit: fitFor({ name: each.name, queue }, situation),
  }))
  const unmet = unmetBy(situation, served)
  const reasons = [
    ...whyPaused(queue, pause),
    ...full(situation),
    ...served.flatMap((each) => unserved(situation, each)),
    ...unmet.flatMap((each) => unserved(situation, each)),
    ...atGates(situation),
    ...alone(backlog),
    ...delayed(situation),
    ...(pause ? [] : turn(served, unmet)),
  ]
  return { reasons: reasons.length > 0 ? reasons : [empty(situation)], names: served.map(toName) }
}

/** What requires more than any worker has that takes jobs of its name. */
function unmetBy({ queue, backlog, ...workers }: QueueSituation, served: readonly Served[]): Served[] {
  const taken = new Set(served.flatMap(({ name, fit }) => (fit.some(claims) ? [name] : [])))
  return backlog.requiring.flatMap((each) => {
    const requires = readRequirements(each.requirements)
    const fit = fitFor({ name: each.name, queue, requires }, workers)
    return taken.has(each.name) && !fit.some(claims) ? [{ ...each, fit }] : []
  })
}

function toName({ name, fit, ready, parked, alone, delayed, held, running }: Served): NameInQueue {
  const workers = fit.filter(claims).length
  return { name, ready, limited: parked, alone, delayed, held, running, workers }
}

function waitingOf({ ready, parked, alone, delayed }: NameBacklog): number {
  return ready + parked + alone + delayed
}

/** It has no room for more, or drops the oldest for each that comes. */
function full({ queue, backlog, settings: { maxSize, overflow = 'reject' } }: QueueSituation): Reason[] {
  const waiting = backlog.names.reduce((sum, each) => sum + waitingOf(each), 0)
  if (maxSize === undefined || waiting < maxSize) return []
  const then = overflow === 'reject' ? 'enqueue is refused' : 'each that comes drops the oldest'
  const text = `queue '${queue}' is full: at most ${maxSize} wait, and ${waiting} do, so that ${then}`
  const mend = 'add workers, or let more wait (maxSize)'
  return [{ code: 'queue_full', text, mend, facts: { queue, maxSize, overflow, waiting } }]
}

/** Nobody handles a name of which something waits, or all that do were told to claim no more. */
function unserved(situation: QueueSituation, served: Served): Reason[] {
  const { name, requirements = '', fit } = served
  const waiting = waitingOf(served)
  if (waiting === 0) return []
  const { queue } = situation
  const job = { name, queue, requires: readRequirements(requirements) }
  const reasons = fit.length === 0 ? [noWorker({ ...situation, job })] : quiet(fit)
  return reasons.map(({ text, facts, ...reason }) => ({
    ...reason,
    text: `${text}: ${waiting} of '${name}' wait`,
    facts: { ...facts, name, waiting },
  }))
}

/** The limits at which most wait. */
function atGates(situation: QueueSituation): Reason[] {
  const waiting = new Map(situation.backlog.gates.map((each) => [each.gate, each.waiting]))
  return situation.gates.map((around) => {
    const here = waiting.get(around.gate) ?? 0
    const waits = here === 1 ? '1 of its jobs waits' : `${here} of its jobs wait`
    const reason = whyAtGate(situation, { ...around, cost: 1, waits })
    return { ...reason, facts: { ...reason.facts, waitingHere: here } }
  })
}

function alone({ names }: Backlog): Reason[] {
  const waiting = sumOf(names, 'alone')
  if (waiting === 0) return []
  const text = `${waiting} wait for a worker that runs nothing else, since workers crashed while they ran`
  const mend = 'workers make room for them by themselves, within a minute; find what ends the process'
  return [{ code: 'runs_alone', text, mend, facts: { waiting } }]
}

function delayed({ backlog: { names }, nowMs }: QueueSituation): Reason[] {
  const waiting = sumOf(names, 'delayed')
  const dueAt = Math.min(...names.map(({ nextDueAt }) => nextDueAt ?? Number.POSITIVE_INFINITY))
  if (waiting === 0) return []
  const dueInMs = Math.max(0, dueAt - nowMs)
  const text = `${waiting} due later, the first in ${formatDuration(dueInMs)}, at ${new Date(dueAt).toISOString()}`
  return [{ code: 'due_later', text, facts: { waiting, dueInMs } }]
}

/** What is ready, and whom it waits for. */
function turn(served: readonly Served[], unmet: readonly Served[]): Reason[] {
  const ready = served.filter((each) => each.ready > 0 && each.fit.some(claims))
  const waiting = sumOf(ready, 'ready') - sumOf(unmet, 'ready')
  if (waiting <= 0) return []
  const fit = [...new Set(ready.flatMap((each) => each.fit.filter(claims)))]
  const { text, facts, ...reason } = itsTurn(fit)
  return [{ ...reason, text: `${waiting} ready: ${text}`, facts: { ...facts, waiting } }]
}

function empty({ queue, backlog: { names } }: QueueSituation): Reason {
  const running = sumOf(names, 'running') + sumOf(names, 'held')
  const text = `nothing waits in queue '${queue}'${running > 0 ? `: ${running} run, or are about to` : ''}`
  return { code: 'queue_empty', text, facts: { queue, running } }
}
