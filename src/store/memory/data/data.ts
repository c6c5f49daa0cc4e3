import type { Grants } from '../../../job/gate.ts'
import type { LedgerRow } from '../../../job/ledger.ts'
import { orderRule } from '../../../job/order.ts'
import type { QueueSettings } from '../../../job/queue-settings.ts'
import type { ScheduleRecord } from '../../../job/schedule.ts'
import type { Clock } from '../../../kit/clock.ts'
import type { JobChange } from '../../feed.ts'
import type { LogLine } from '../../jobs.ts'
import type { LimitRecord } from '../../limits.ts'
import type { OperationRecord } from '../../operations.ts'
import type { PausedQueue } from '../../queues.ts'
import type { WorkerRecord } from '../../workers.ts'
import { JobTable } from './job-table.ts'
import { KeptKeys } from './kept-keys.ts'

/** Everything that the memory store holds. The functions beside this file read and change it, one file a role. */
export interface MemoryData {
  readonly clock: Clock
  readonly jobs: JobTable
  readonly kept: KeptKeys
  /** Log lines by job. */
  readonly logs: Map<string, readonly LogLine[]>
  readonly workers: Map<string, Omit<WorkerRecord, 'running' | 'held'>>
  /** By name. */
  readonly schedules: Map<string, ScheduleRecord>
  /** By name. */
  readonly limits: Map<string, LimitRecord>
  /** Of gates that have a rate, or were closed by a handler. A row is replaced, not changed. */
  gates: Map<string, GateRow>
  /** Whose result that of equal jobs is, and until when, by the gate that they share. */
  results: Map<string, { readonly id: string; readonly until: number }>
  /** Queues that are paused, by name. */
  readonly paused: Map<string, PausedQueue>
  /** What is set for queues, by name. */
  readonly settings: Map<string, QueueSettings>
  /** Queues of which the order was changed: what arrived before this number is still to be given its place. */
  readonly unplaced: Map<string, number>
  /** By minute, queue and name. */
  ledger: Map<string, LedgerRow>
  /** When each job was claimed that is held and has not begun, by its id. */
  claimedAt: Map<string, number>
  /** Workers that were lost and of whose jobs some are still to be taken back. */
  readonly lostWorkers: Set<string>
  /** What calls answered that may be made again, by their names. */
  readonly calls: Map<string, { readonly at: number; readonly ids: readonly string[] }>
  /** What was done to many jobs at once, in the order in which it began. */
  readonly operations: Map<string, OperationRecord>
  /** When a subscriber's lease ends. */
  readonly subscribers: Map<string, number>
  changes: JobChange[]
  leader: { readonly worker: string; readonly untilMs: number } | null
  lastSeq: number
  lastCursor: number
}

/** What is kept of a gate beside who holds it and who waits at it. */
export interface GateRow {
  readonly grants: Grants
  readonly closedUntil: number | null
  /** When those that wait there are to be let go on. */
  readonly opensAt: number | null
}

export function emptyData(clock: Clock): MemoryData {
  const settings = new Map<string, QueueSettings>()
  return {
    clock,
    jobs: new JobTable(clock, (queue) => orderRule(settings.get(queue) ?? {})),
    kept: new KeptKeys(),
    logs: new Map(),
    workers: new Map(),
    schedules: new Map(),
    paused: new Map(),
    limits: new Map(),
    gates: new Map(),
    results: new Map(),
    settings,
    unplaced: new Map(),
    ledger: new Map(),
    claimedAt: new Map(),
    lostWorkers: new Set(),
    calls: new Map(),
    operations: new Map(),
    subscribers: new Map(),
    changes: [],
    leader: null,
    lastSeq: 0,
    lastCursor: 0,
  }
}
