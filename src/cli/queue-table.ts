import { formatDuration } from '../kit/duration.ts'
import type { Figures, StatsByQueue } from '../queue/queue-stats.ts'
import type { Column } from './table.ts'
import type { Terminal } from './terminal.ts'

/** A queue as a whole, or one name in it. */
interface Line extends Figures {
  readonly place: string
}

const duration = (ms: number | null): string => (ms === null ? '' : formatDuration(ms))

const COLUMNS: readonly Column<Line>[] = [
  { title: 'QUEUE', text: ({ place }) => place, shrinksTo: 10 },
  { title: 'PENDING', text: ({ pending }) => String(pending), align: 'right' },
  { title: 'RUNNING', text: ({ running }) => String(running), align: 'right' },
  { title: 'OLDEST', text: ({ oldestWaitMs }) => duration(oldestWaitMs), align: 'right' },
  { title: 'A MINUTE', text: ({ perMinute }) => String(perMinute), align: 'right' },
  {
    title: 'FAILED',
    text: ({ errorRate }) => (errorRate === null ? '' : `${(errorRate * 100).toFixed(1)}%`),
    align: 'right',
    style: ({ failed }) => (failed > 0 ? 'red' : undefined),
  },
  { title: 'WAIT P50', text: ({ waitP50Ms }) => duration(waitP50Ms), align: 'right' },
  { title: 'P95', text: ({ waitP95Ms }) => duration(waitP95Ms), align: 'right' },
  { title: 'RUN P50', text: ({ runP50Ms }) => duration(runP50Ms), align: 'right' },
  { title: 'P95', text: ({ runP95Ms }) => duration(runP95Ms), align: 'right' },
]

/** How the queues and the names in them do, for people. */
export function queueStatsLines({ queues, since }: StatsByQueue, terminal: Terminal): string[] {
  const counted = `What has ended since ${since.toISOString()}, by the minute`
  const lines = queues.flatMap(({ queue, names, ...figures }): Line[] => [
    { ...figures, place: queue },
    ...names.map(({ name, ...each }) => ({ ...each, place: `  ${name}` })),
  ])
  return lines.length === 0 ? [counted] : [counted, '', ...terminal.table(COLUMNS, lines)]
}
