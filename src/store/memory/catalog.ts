import { parseFailures } from '../../job/failure.ts'
import { hasPart } from '../../job/input-path.ts'
import type { JobRecord } from '../../job/job.ts'
import { groupIn } from '../../job/job-gates.ts'
import { readTexts } from '../../job/stored.ts'
import {
  AHEAD_MAX,
  type Found,
  GROUPS_COUNTED_MAX,
  type GroupTurn,
  type JobFilter,
  type Page,
  type Tally,
} from '../catalog.ts'
import { compareJobs, type LogLine, placeOf } from '../jobs.ts'
import { isDrawn } from './claiming/turns.ts'
import type { MemoryData } from './data/data.ts'

export function get(data: MemoryData, ids: readonly string[]): JobRecord[] {
  return data.jobs.some(ids).map((job) => ({ ...job }))
}

export function idsFrom(data: MemoryData, prefix: string, limit: number): string[] {
  const ids = [...data.jobs.all()].map((job) => job.id).filter((id) => id.startsWith(prefix))
  return ids.sort().slice(0, limit)
}

export function list(data: MemoryData, filter: JobFilter, page: Page): JobRecord[] {
  const { limit, beforeSeq = Number.POSITIVE_INFINITY } = page
  const newestFirst = matching(data, filter).reverse()
  return newestFirst
    .filter((job) => job.seq < beforeSeq)
    .slice(0, limit)
    .map((job) => ({ ...job }))
}

export function find(data: MemoryData, filter: JobFilter, page: Page): Found[] {
  return list(data, filter, page).map(({ id, seq }) => ({ id, seq }))
}

export function count(data: MemoryData, filter: JobFilter): number {
  return matching(data, filter).length
}

export function logs(data: MemoryData, id: string): LogLine[] {
  return (data.logs.get(id) ?? []).map((line) => ({ ...line }))
}

export function ahead(data: MemoryData, id: string): number {
  const ready = data.jobs.pending.ready()
  const job = ready.find((each) => each.id === id)
  if (!job) return 0
  const isBefore = (other: JobRecord) =>
    other.queue === job.queue &&
    compareJobs(other, job) < 0 &&
    (!isDrawn(data, other) || (isOfRank(other, job) && (!isDrawn(data, job) || isOfGroup(other, job))))
  const before = ready.filter(isBefore)
  return Math.min(before.length, AHEAD_MAX)
}

export function turn(data: MemoryData, id: string): GroupTurn | null {
  const drawn = data.jobs.pending.ready().filter((job) => isDrawn(data, job))
  const job = drawn.find((each) => each.id === id)
  if (!job || groupIn(job.limits) === '') return null
  const beside = drawn.filter((other) => other.queue === job.queue && isOfRank(other, job))
  const groups = Map.groupBy(beside, ({ limits }) => groupIn(limits))
  return {
    waiting: Math.min(AHEAD_MAX, groups.get(groupIn(job.limits))?.length ?? 0),
    groups: Math.min(GROUPS_COUNTED_MAX, groups.size - 1),
  }
}

function isOfRank(one: JobRecord, other: JobRecord): boolean {
  return placeOf(one).priority === placeOf(other).priority
}

function isOfGroup(one: JobRecord, other: JobRecord): boolean {
  return groupIn(one.limits) === groupIn(other.limits)
}

export function tally(data: MemoryData): Tally[] {
  const groups = Map.groupBy(data.jobs.all(), (job) => JSON.stringify([job.queue, job.name, job.state]))
  return [...groups.values()].map((jobs) => tallyOf(jobs, data.clock.now()))
}

function tallyOf(jobs: readonly JobRecord[], nowMs: number): Tally {
  const { queue, name, state } = jobs[0] as JobRecord
  const waiting = jobs.filter((job) => state === 'pending' && job.worker === null)
  const dueTimes = waiting.map((job) => job.dueAt)
  const scheduled = dueTimes.filter((dueAt) => dueAt > nowMs).length
  const oldestDueAt = dueTimes.reduce((oldest, dueAt) => Math.min(oldest, dueAt), Number.POSITIVE_INFINITY)
  return {
    queue,
    name,
    state,
    count: jobs.length,
    oldestDueAt: oldestDueAt <= nowMs ? oldestDueAt : null,
    scheduled,
  }
}

/** In order of arrival. */
function matching(data: MemoryData, filter: JobFilter): JobRecord[] {
  const nowMs = data.clock.now()
  return [...data.jobs.all()].filter((job) => matches(job, filter, nowMs))
}

function matches(job: JobRecord, filter: JobFilter, nowMs: number): boolean {
  return (
    (filter.states?.includes(job.state) ?? true) &&
    (filter.names?.includes(job.name) ?? true) &&
    (filter.queues?.includes(job.queue) ?? true) &&
    (filter.key === undefined || job.key === filter.key) &&
    (filter.group === undefined || groupIn(job.limits) === filter.group) &&
    (filter.tag === undefined || tagsOf(job).includes(filter.tag)) &&
    (filter.scheduled === undefined || job.dueAt > nowMs === filter.scheduled) &&
    (filter.createdAfterMs === undefined || job.createdAt >= filter.createdAfterMs) &&
    (filter.createdBeforeMs === undefined || job.createdAt < filter.createdBeforeMs) &&
    (filter.errorText === undefined || hasErrorText(job, filter.errorText)) &&
    (filter.input?.every((part) => hasPart(job.input, part)) ?? true)
  )
}

function tagsOf(job: JobRecord): readonly string[] {
  return job.tags === null ? [] : readTexts(job.tags)
}

function hasErrorText(job: JobRecord, text: string): boolean {
  return parseFailures(job.errors).some((failure) => failure.message.includes(text))
}
