import type { NewJob } from '../../job/new-job.ts'
import type { NewSchedule, ScheduleRecord, ScheduleStep } from '../../job/schedule.ts'
import type { DueSchedules } from '../schedules.ts'
import type { MemoryData } from './data/data.ts'
import { insert } from './insert.ts'

export function set(data: MemoryData, schedule: NewSchedule): ScheduleRecord {
  const before = data.schedules.get(schedule.name)
  const record = before ? changed(before, schedule) : { ...schedule, ...UNTOUCHED }
  data.schedules.set(schedule.name, record)
  return record
}

/** What a schedule is that nothing has happened to. */
const UNTOUCHED = { revision: 1, pausedAt: null, lastTickAt: null, jobs: '[]', problem: null } as const

function changed(before: ScheduleRecord, { rule, plan, declared, ...next }: NewSchedule): ScheduleRecord {
  const record = { ...before, declared: before.declared || declared }
  if (before.rule === rule && before.plan === plan) return record
  const ticks = { tickAt: next.tickAt, dueAt: before.pausedAt === null ? next.dueAt : null }
  const revision = before.revision + 1
  return { ...record, rule, plan, revision, problem: null, ...(before.rule !== rule && ticks) }
}

export function remove(data: MemoryData, name: string): boolean {
  return data.schedules.delete(name)
}

export function list(data: MemoryData, name?: string): ScheduleRecord[] {
  const all = [...data.schedules.values()].filter((each) => name === undefined || each.name === name)
  return all.sort((left, right) => (left.name < right.name ? -1 : 1))
}

export function due(data: MemoryData, limit: number): DueSchedules {
  const nowMs = data.clock.now()
  const open = list(data).sort((left, right) => (left.dueAt ?? 0) - (right.dueAt ?? 0))
  const waiting = open.filter((each) => each.dueAt !== null)
  const schedules = waiting.filter((each) => (each.dueAt ?? 0) <= nowMs).slice(0, limit)
  return { schedules, nowMs, nextDueAt: waiting[0]?.dueAt ?? null }
}

export function advance(
  data: MemoryData,
  { name, expected, next }: ScheduleStep,
  { jobs, pendingMax }: { jobs: readonly NewJob[]; pendingMax: number },
): boolean {
  const before = data.schedules.get(name)
  if (before?.revision !== expected.revision || before.tickAt !== expected.tickAt) return false
  insert(data, jobs, pendingMax)
  data.schedules.set(name, { ...before, ...next, revision: before.revision + 1 })
  return true
}

/** How long it is until one is to be seen to. */
export function nextTickInMs(data: MemoryData): number | undefined {
  const { nextDueAt, nowMs } = due(data, 0)
  return nextDueAt === null ? undefined : nextDueAt - nowMs
}
