import type { Failure } from '../job/failure.ts'
import type { Job } from '../job/job.ts'
import { requirementsText } from '../job/requirements.ts'
import { toDate } from '../job/stored.ts'
import { formatDuration } from '../kit/duration.ts'
import { withoutPassword } from '../kit/secrets.ts'
import { oneLine } from '../kit/visible.ts'
import type { Explanation } from '../queue/explain.ts'
import type { Reason } from '../queue/reason.ts'
import type { LogLine } from '../store/jobs.ts'
import { toJson } from './door.ts'
import { framesOf } from './frames.ts'
import { progressOf, STATE_STYLES } from './job-table.ts'
import type { Paint } from './paint.ts'

export interface JobSheet {
  readonly job: Job
  readonly explanation: Explanation
  readonly logs: readonly LogLine[]
}

/** Everything that is known of one job, for people. */
export function sheetLines({ job, explanation, logs }: JobSheet, paint: Paint): string[] {
  const facts = factsOf(job).filter(([, value]) => value !== '')
  const width = Math.max(...facts.map(([name]) => name.length))
  return [
    `${paint('bold', oneLine(job.name))} ${paint(STATE_STYLES[job.state], job.state)}`,
    ...(isPlainEnd(job) ? [] : reasonLines(explanation.reasons, paint)),
    '',
    ...facts.map(([name, value]) => `${paint('dim', name.padEnd(width))}  ${oneLine(value)}`),
    ...titled(
      'errors',
      job.errors.flatMap((failure) => failureLines(failure, paint)),
      paint,
    ),
    ...titled('log', logs.map(logLine), paint),
  ]
}

/** Its state says all: that it is complete, and since when, stands in its title and among its times. */
function isPlainEnd(job: Job): boolean {
  return job.state === 'complete' && job.outcome === 'done'
}

/** Why a job is where it is, with what to do about it beneath. */
export function reasonLines(reasons: readonly Reason[], paint: Paint): string[] {
  return reasons.flatMap(({ text, mend }) => [
    `  ${oneLine(withoutPassword(text))}`,
    ...(mend === undefined ? [] : [paint('dim', `    ${oneLine(mend)}`)]),
  ])
}

function factsOf(job: Job): [name: string, value: string][] {
  return [
    ['id', job.id],
    ['queue', job.queue],
    ['priority', String(job.priority)],
    ['attempt', `${job.attempt} of ${job.retries + 1}`],
    ['crashes', job.crashes > 0 ? String(job.crashes) : ''],
    ['key', job.key ?? ''],
    ['group', job.group ?? ''],
    ['rerun of', job.rerunOf ?? ''],
    ['result of', 'cachedFrom' in job ? (job.cachedFrom ?? '') : ''],
    ['requires', requirementsText('job', job.requires ?? []).replaceAll(' ', ', ')],
    ['tags', job.tags.join(', ')],
    ['context', Object.keys(job.context).length > 0 ? toJson(job.context) : ''],
    ...timesOf(job),
    ['progress', job.progress ? [progressOf(job), json(job.progress.data)].join(' ').trim() : ''],
    ['checkpoint', json(job.checkpoint)],
    ['input', json(job.input)],
    ['output', 'output' in job ? json(job.output) : ''],
  ]
}

function timesOf(job: Job): [name: string, value: string][] {
  const started = 'startedAt' in job ? job.startedAt : undefined
  const finished = 'finishedAt' in job ? job.finishedAt : undefined
  const tookMs = started && finished ? finished.getTime() - started.getTime() : undefined
  return [
    ['enqueued', job.createdAt.toISOString()],
    ['due', job.dueAt.toISOString()],
    ['expires', job.expiresAt?.toISOString() ?? ''],
    ['deadline', job.deadline?.toISOString() ?? ''],
    ['started', started?.toISOString() ?? ''],
    [
      'finished',
      finished
        ? `${finished.toISOString()}${tookMs === undefined ? '' : `, took ${formatDuration(tookMs)}`}`
        : '',
    ],
  ]
}

function json(value: unknown): string {
  return value === undefined ? '' : toJson(value)
}

function titled(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), ...lines]
}

function failureLines({ attempt, at, kind, code, message, stack, version }: Failure, paint: Paint): string[] {
  const ranBy = version === undefined ? '' : `, version ${version}`
  const head = `attempt ${attempt}${ranBy}, ${at.toISOString()}, ${kind}${code === undefined ? '' : ` (${code})`}:`
  const frames = framesOf(withoutPassword(stack ?? ''))
  return [
    `  ${oneLine(head)} ${paint('red', oneLine(withoutPassword(message)))}`,
    ...frames.map((line) => paint('dim', `  ${oneLine(line)}`)),
  ]
}

function logLine({ at, level, message, data }: LogLine): string {
  return oneLine(
    `  ${toDate(at).toISOString()} ${level.padEnd(5)} ${withoutPassword(`${message}${data === null ? '' : ` ${data}`}`)}`,
  )
}
