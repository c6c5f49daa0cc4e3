import type { Job } from '../../job/job.ts'
import { formatDuration } from '../../kit/duration.ts'
import { oneLine } from '../../kit/visible.ts'
import type { Stats } from '../../queue/inspect.ts'
import { statsLines } from '../commands/stats.ts'
import { noteOf, progressOf } from '../job-table.ts'
import type { Style } from '../paint.ts'
import type { Column } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import type { ProcessStatus } from './worker-process.ts'

/** What `millhand dev` shows at one moment. */
export interface Picture {
  readonly store: string
  readonly nowMs: number
  readonly stats: Stats
  readonly running: readonly Job[]
  readonly failed: readonly Job[]
  readonly processes: readonly {
    readonly number: number
    readonly status: ProcessStatus
    readonly pid: number | undefined
  }[]
  /** The newest error with its stack and its causes. */
  readonly error: readonly string[]
  /** The newest lines of the workers and of `dev` itself. */
  readonly log: readonly string[]
}

const STATUS_STYLES: Readonly<Record<ProcessStatus, Style>> = {
  starting: 'yellow',
  ready: 'green',
  stopping: 'yellow',
  crashed: 'red',
  broken: 'red',
  stopped: 'dim',
}

/** The lines of the live view: workers, counts, what runs, what has failed, and what the workers say. */
export function viewLines(picture: Picture, terminal: Terminal): string[] {
  const { store, stats, running, failed, log, error, nowMs } = picture
  const { paint } = terminal
  return [
    `${paint('bold', 'millhand dev')}  ${paint('dim', oneLine(store))}  ${processWords(picture, terminal)}`,
    '',
    ...statsLines(stats, terminal),
    ...titled('running', running.length > 0 ? terminal.table(runningColumns(nowMs), running) : [], terminal),
    ...titled(
      'newest failures',
      failed.length > 0 ? terminal.table(failedColumns(nowMs), failed) : [],
      terminal,
    ),
    ...titled(
      'newest error',
      error.flatMap((line) => folded(line, terminal.width)),
      terminal,
    ),
    ...titled(
      'log',
      log.map((line) => oneLine(line.slice(0, LOG_CHARACTERS))),
      terminal,
    ),
  ]
}

/** A text of several rows, where the terminal is too narrow for it: of an error nothing is cut off. */
function folded(line: string, width: number): string[] {
  const shown = oneLine(line.slice(0, LOG_CHARACTERS))
  const rows = Number.isFinite(width) ? Math.ceil(shown.length / width) : 1
  return Array.from({ length: rows }, (_, row) => shown.slice(row * width, (row + 1) * width))
}

function processWords({ processes }: Picture, { paint }: Terminal): string {
  const words = processes.map(({ number, status, pid }) =>
    paint(STATUS_STYLES[status], `${number}:${status}${pid === undefined ? '' : ` (${pid})`}`),
  )
  return words.join(' ')
}

function titled(title: string, lines: readonly string[], { paint }: Terminal): string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), ...lines]
}

function runningColumns(nowMs: number): readonly Column<Job>[] {
  return [
    { title: 'ID', text: (job) => job.id },
    { title: 'NAME', text: (job) => job.name, shrinksTo: 10 },
    { title: 'TRY', text: (job) => String(job.attempt), align: 'right' },
    { title: 'FOR', text: (job) => sinceStart(job, nowMs), align: 'right' },
    { title: '', text: (job) => progressBar(job.progress?.fraction), style: () => 'cyan' },
    { title: 'PROGRESS', text: (job) => progressOf(job), shrinksTo: 8 },
  ]
}

function failedColumns(nowMs: number): readonly Column<Job>[] {
  return [
    { title: 'ID', text: (job) => job.id },
    { title: 'NAME', text: (job) => job.name, shrinksTo: 10 },
    { title: 'AGO', text: (job) => sinceEnd(job, nowMs), align: 'right' },
    { title: 'ERROR', text: (job) => noteOf(job, nowMs), shrinksTo: 10, style: () => 'red' },
  ]
}

function sinceStart(job: Job, nowMs: number): string {
  return job.state === 'running' ? formatDuration(Math.max(0, nowMs - job.startedAt.getTime())) : ''
}

function sinceEnd(job: Job, nowMs: number): string {
  return 'finishedAt' in job ? formatDuration(Math.max(0, nowMs - job.finishedAt.getTime())) : ''
}

/** More than a terminal shows of a line; what a handler prints may have no end. */
const LOG_CHARACTERS = 1_000

const BAR_CELLS = 10

export function progressBar(fraction: number | undefined): string {
  if (fraction === undefined) return ' '.repeat(BAR_CELLS)
  const full = Math.round(Math.min(Math.max(fraction, 0), 1) * BAR_CELLS)
  return '█'.repeat(full) + '░'.repeat(BAR_CELLS - full)
}
