import type { JobRecord } from '../../job/job.ts'
import { addEntries, type LedgerRow, LedgerSheets, minuteOf } from '../../job/ledger.ts'
import type { Depth } from '../ledger.ts'
import type { MemoryData } from './data/data.ts'

/** Adds what has ended to its minute. */
export function enter(data: MemoryData, sheets: LedgerSheets): void {
  const minute = minuteOf(data.clock.now())
  for (const entry of sheets.entries()) {
    const key = JSON.stringify([minute, entry.queue, entry.name])
    const before = data.ledger.get(key)
    data.ledger.set(key, before ? addEntries(before, entry) : { minute, ...entry })
  }
}

/** Adds jobs that ended otherwise than by a settlement. */
export function enterEnded(data: MemoryData, jobs: readonly JobRecord[], end: 'failed' | 'cancelled'): void {
  const sheets = new LedgerSheets()
  for (const { queue, name } of jobs) sheets.ended(queue, name, { end, count: 1 })
  enter(data, sheets)
}

export function read(data: MemoryData, fromMs: number): LedgerRow[] {
  return [...data.ledger.values()].filter(({ minute }) => minute >= fromMs)
}

export function depths(data: MemoryData): Depth[] {
  const open = [...data.jobs.all()].filter(({ state }) => state === 'pending' || state === 'running')
  const groups = Map.groupBy(open, ({ queue, name }) => JSON.stringify([queue, name]))
  return [...groups.values()].map((jobs) => depthOf(jobs, data.clock.now()))
}

function depthOf(jobs: readonly JobRecord[], nowMs: number): Depth {
  const { queue, name } = jobs[0] as JobRecord
  const pending = jobs.filter(({ state }) => state === 'pending')
  const dueTimes = pending.filter(({ worker }) => worker === null).map(({ dueAt }) => dueAt)
  const due = dueTimes.filter((dueAt) => dueAt <= nowMs)
  return {
    queue,
    name,
    pending: pending.length,
    scheduled: dueTimes.length - due.length,
    running: jobs.length - pending.length,
    oldestDueAt: due.length === 0 ? null : due.reduce((oldest, dueAt) => Math.min(oldest, dueAt)),
  }
}

export function tidy(data: MemoryData, keepMs: number): void {
  const beforeMs = data.clock.now() - keepMs
  for (const [key, { minute }] of data.ledger) if (minute < beforeMs) data.ledger.delete(key)
}
