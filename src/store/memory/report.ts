import type { JobRecord } from '../../job/job.ts'
import { LOG_LINES_MAX } from '../../job/limits.ts'
import type { LogLine, Report, Settled } from '../jobs.ts'
import { announce } from './change.ts'
import type { MemoryData } from './data/data.ts'
import { heldJob } from './holding.ts'

export function report(data: MemoryData, reports: readonly Report[]): Settled[] {
  return reports.map((each) => reportOne(data, each))
}

function reportOne(data: MemoryData, given: Report): Settled {
  const job = heldJob(data, given)
  if (!job) return 'refused'
  // The worker stays on a cancelled job: only its settlement says that the handler has ended.
  if (job.state === 'cancelled') return 'cancelled'
  const told = { ...job, ...toldBy(given) }
  data.jobs.put(told)
  if (given.progress !== undefined) announce(data, told, 'progress')
  if (given.checkpoint !== undefined) announce(data, told, 'checkpoint')
  if (given.logs) appendLogs(data, job.id, given.logs)
  return 'settled'
}

function toldBy({ progress, checkpoint }: Report): Partial<JobRecord> {
  return {
    ...(progress === undefined ? {} : { progress: JSON.stringify(progress) }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  }
}

function appendLogs(data: MemoryData, id: string, lines: readonly LogLine[]): void {
  const all = [...(data.logs.get(id) ?? []), ...lines.map((line) => ({ ...line }))]
  data.logs.set(id, all.slice(-LOG_LINES_MAX))
}
