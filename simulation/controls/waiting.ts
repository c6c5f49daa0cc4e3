import type { JobRecord } from '../../src/job/job.ts'
import { type JobGate, readGates } from '../../src/job/job-gates.ts'
import { limitOf } from '../../src/job/limit.ts'
import type { Moment } from '../moment.ts'
import { START_MS } from '../timeline.ts'
import type { LimitRules } from './rules.ts'

/** What has started at a gate, by the time of the world. */
export interface Grant {
  readonly gate: string
  /** Of which job, in which epoch. */
  readonly claim: string
  readonly atMs: number
  readonly cost: number
}

/** What is known of gates beside who holds them. */
export interface KnownGates {
  readonly rules: LimitRules
  grants(gate: string): readonly Grant[]
  closedUntil(gate: string): number
}

/** Where a millisecond more or less is in doubt, a gate is taken for closed. */
const DOUBT_MS = 10

/**
 * Gates at which somebody waits who would pass all of his gates, though nobody who was let go on there is on his way. Such a one may
 * have been forgotten.
 */
export function heldUp(moment: Moment, known: KnownGates): ReadonlySet<string> {
  const waiting = [...moment.after.jobs.values()].filter((job) => waits(job, moment))
  if (waiting.every(({ gate }) => gate === null)) return new Set()
  const onTheirWay = new Set(
    waiting.filter((job) => job.gate === null && isDue(job, moment)).flatMap(gatesOf),
  )
  const parked = Map.groupBy(
    waiting.filter((job) => job.gate !== null && !mayExpire(job, moment) && !onTheirWay.has(job.gate)),
    ({ gate }) => `${gate}`,
  )
  const mayPass = (job: JobRecord) => readGates(job.limits).every((gate) => isOpen(gate, moment, known))
  return new Set([...parked].flatMap(([gate, jobs]) => (jobs.every(mayPass) ? [gate] : [])))
}

/** Whether it waits to be taken, or to be let go on. */
function waits({ state, worker, limits, queue }: JobRecord, { after }: Moment): boolean {
  return limits !== null && state === 'pending' && worker === null && !after.paused.has(queue)
}

/** As far as that is known: the times of a file are not those of the world. */
function isDue({ dueAt }: JobRecord, { timing, elapsedMs }: Moment): boolean {
  return timing === 'stepped' || dueAt <= START_MS + elapsedMs
}

function mayExpire({ expiresAt }: JobRecord, { timing, elapsedMs }: Moment): boolean {
  return expiresAt !== null && (timing === 'stepped' || expiresAt <= START_MS + elapsedMs)
}

export function gatesOf({ limits }: Pick<JobRecord, 'limits'>): string[] {
  return readGates(limits).map(({ gate }) => gate)
}

/** For certain: where anything is in doubt, it is closed. */
function isOpen({ gate, cost }: JobGate, { after, elapsedMs }: Moment, known: KnownGates): boolean {
  const name = limitOf(gate)
  const rule = known.rules.get(name)
  if (!rule || !known.rules.isKnown(name)) return false
  const { concurrency, rateCount, ratePerMs } = rule
  const holders = holdersOf(gate, after.controls?.holders ?? new Set())
  if (concurrency !== null && holders >= concurrency) return false
  if (known.closedUntil(gate) + DOUBT_MS > elapsedMs) return false
  if (rateCount === null || ratePerMs === null) return true
  const inWindow = known.grants(gate).filter(({ atMs }) => atMs + ratePerMs + DOUBT_MS > elapsedMs)
  return inWindow.reduce((sum, each) => sum + each.cost, 0) + cost <= rateCount
}

/** How many hold a gate, of `GATE ID` each. */
export function holdersOf(gate: string, holders: ReadonlySet<string>): number {
  let count = 0
  for (const holder of holders) if (holder.startsWith(`${gate} `)) count += 1
  return count
}
