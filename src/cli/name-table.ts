import { formatDuration } from '../kit/duration.ts'
import type { NameStats, StatsByName } from '../queue/name-stats.ts'
import type { Column } from './table.ts'
import type { Terminal } from './terminal.ts'

const duration = (ms: number | null): string => (ms === null ? '' : formatDuration(ms))

const COLUMNS: readonly Column<NameStats>[] = [
  { title: 'NAME', text: ({ name }) => name, shrinksTo: 10 },
  { title: 'ENDED', text: ({ count }) => String(count), align: 'right' },
  {
    title: 'FAILED',
    text: ({ failed }) => String(failed),
    align: 'right',
    style: ({ failed }) => (failed > 0 ? 'red' : undefined),
  },
  { title: 'RATE', text: ({ failureRate }) => `${(failureRate * 100).toFixed(1)}%`, align: 'right' },
  { title: 'MEAN', text: ({ meanMs }) => duration(meanMs), align: 'right' },
  { title: 'P50', text: ({ p50Ms }) => duration(p50Ms), align: 'right' },
  { title: 'P95', text: ({ p95Ms }) => duration(p95Ms), align: 'right' },
  { title: 'P99', text: ({ p99Ms }) => duration(p99Ms), align: 'right' },
  { title: 'MAX', text: ({ maxMs }) => duration(maxMs), align: 'right' },
]

/** How the jobs of each name have ended, for people. */
export function nameStatsLines({ names, jobs, since }: StatsByName, terminal: Terminal): string[] {
  const counted = `${jobs} job(s) ended since ${since.toISOString()}`
  return names.length === 0 ? [counted] : [counted, '', ...terminal.table(COLUMNS, names)]
}
