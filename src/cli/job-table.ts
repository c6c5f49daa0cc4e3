import { isCacheGate } from '../job/cache-gate.ts'
import type { Failure } from '../job/failure.ts'
import type { CompleteJob, Job } from '../job/job.ts'
import type { JobState } from '../job/state.ts'
import { formatDuration } from '../kit/duration.ts'
import { withoutPassword } from '../kit/secrets.ts'
import { toJson } from './door.ts'
import type { Style } from './paint.ts'
import type { Column } from './table.ts'

export const STATE_STYLES: Readonly<Record<JobState, Style>> = {
  pending: 'yellow',
  running: 'cyan',
  complete: 'green',
  failed: 'red',
  cancelled: 'dim',
}

/** The columns of a list of jobs, as they are at `nowMs`. */
export function jobColumns(nowMs: number): readonly Column<Job>[] {
  return [
    { title: 'ID', text: (job) => job.id },
    { title: 'STATE', text: (job) => job.state, style: (job) => STATE_STYLES[job.state] },
    { title: 'NAME', text: (job) => job.name, shrinksTo: 12 },
    { title: 'QUEUE', text: (job) => job.queue, shrinksTo: 5 },
    { title: 'TRY', text: (job) => `${job.attempt}/${job.retries + 1}`, align: 'right' },
    { title: 'AGE', text: (job) => formatDuration(nowMs - job.createdAt.getTime()), align: 'right' },
    { title: 'NOTE', text: (job) => noteOf(job, nowMs), shrinksTo: 10 },
  ]
}

/** What is most worth knowing of a job in its state, in a few words; without the passwords that a handler's words may hold. */
export function noteOf(job: Job, nowMs: number): string {
  return withoutPassword(rawNoteOf(job, nowMs))
}

function rawNoteOf(job: Job, nowMs: number): string {
  switch (job.state) {
    case 'pending':
      return [waitsFor(job), dueIn(job.dueAt, nowMs), lastError(job)].filter((note) => note !== '').join('; ')
    case 'running':
      return progressOf(job)
    case 'complete':
      return endNote(job)
    case 'failed':
      return failureNote(job.failure)
    case 'cancelled':
      return job.reason
    // A state that there is not: somebody has edited the row.
    default:
      return ''
  }
}

/** How far a job says that it is: '40% reading'. */
export function progressOf({ progress }: Pick<Job, 'progress'>): string {
  const percent = progress?.fraction === undefined ? '' : `${Math.floor(progress.fraction * 100)}%`
  const message: unknown = progress?.message ?? ''
  return [percent, typeof message === 'string' ? message : toJson(message)]
    .filter((part) => part !== '')
    .join(' ')
}

function endNote({ outcome, reason, cachedFrom, startedAt, finishedAt }: CompleteJob): string {
  if (outcome === 'cached') return `cached: the result of ${cachedFrom ?? ''}`
  return outcome === 'skipped' ? `skipped: ${reason ?? ''}` : took(startedAt, finishedAt)
}

function waitsFor(job: Job): string {
  if (job.state !== 'pending' || !job.waitsFor) return ''
  if (!('limit' in job.waitsFor)) return 'claimed ahead by a worker'
  const { limit } = job.waitsFor
  return isCacheGate(limit) ? 'waits for an equal job' : `waits for limit ${limit}`
}

function dueIn(dueAt: Date, nowMs: number): string {
  const ms = dueAt.getTime() - nowMs
  return ms > 0 ? `due in ${formatDuration(ms)}` : ''
}

function failureNote({ kind, message }: Failure): string {
  return `${kind}: ${message}`
}

function lastError(job: Job): string {
  const failure = job.errors.at(-1)
  return failure ? `last ${failureNote(failure)}` : ''
}

function took(startedAt: Date, finishedAt: Date): string {
  return `took ${formatDuration(finishedAt.getTime() - startedAt.getTime())}`
}
