import { formatDuration } from '../../kit/duration.ts'
import type { QueueStats } from '../../queue/inspect.ts'
import { pauseText } from '../../queue/pause.ts'
import type { CommandSpec } from '../command.ts'
import { withQueue } from '../session.ts'
import type { Column } from '../table.ts'

export const QUEUE_COLUMNS: readonly Column<QueueStats>[] = [
  { title: 'QUEUE', text: ({ queue }) => queue, shrinksTo: 8 },
  { title: 'PENDING', text: ({ pending }) => String(pending), align: 'right' },
  { title: 'SCHEDULED', text: ({ scheduled }) => String(scheduled), align: 'right' },
  { title: 'RUNNING', text: ({ running }) => String(running), align: 'right', style: () => 'cyan' },
  { title: 'COMPLETE', text: ({ complete }) => String(complete), align: 'right', style: () => 'green' },
  {
    title: 'FAILED',
    text: ({ failed }) => String(failed),
    align: 'right',
    style: ({ failed }) => (failed > 0 ? 'red' : undefined),
  },
  { title: 'CANCELLED', text: ({ cancelled }) => String(cancelled), align: 'right' },
  {
    title: 'OLDEST WAIT',
    text: ({ oldestWaitMs }) => (oldestWaitMs === null ? '' : formatDuration(oldestWaitMs)),
    align: 'right',
  },
  {
    title: '',
    text: (stats) => [...pauseWords(stats), ...sizeWords(stats)].join('; '),
    style: ({ paused }) => (paused ? 'yellow' : undefined),
    shrinksTo: 6,
  },
]

function pauseWords({ paused, pause }: QueueStats): string[] {
  return pause ? [pauseText(pause)] : paused ? ['paused'] : []
}

function sizeWords({ settings: { maxSize, overflow } = {} }: QueueStats): string[] {
  if (maxSize === undefined) return []
  return [overflow === 'dropOldest' ? `the newest ${maxSize} wait` : `at most ${maxSize} wait`]
}

/** `millhand queues`: how the queues stand. */
export const queuesCommand: CommandSpec = {
  name: 'queues',
  summary: 'List the queues: how many jobs they hold in each state, and which are paused.',
  examples: ['millhand queues', 'millhand queues --json'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const { queues } = await queue.stats()
      call.terminal.show(queues, () =>
        queues.length === 0
          ? 'No queues yet: one is there as soon as a job names it.'
          : call.terminal.table(QUEUE_COLUMNS, queues),
      )
      return undefined
    }),
}
