import { STATES } from '../../job/state.ts'
import { formatDuration } from '../../kit/duration.ts'
import type { Stats } from '../../queue/inspect.ts'
import type { Queue } from '../../queue/queue.ts'
import type { Call, CommandSpec } from '../command.ts'
import { STATE_STYLES } from '../job-table.ts'
import { withQueue } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import { QUEUE_COLUMNS } from './queues.ts'

interface Options {
  readonly watch?: boolean
}

/** `millhand stats`: counts by state and by queue, once or live. */
export const statsCommand: CommandSpec<Options> = {
  name: 'stats',
  summary: 'Count the jobs by state and by queue, and the slots of the workers.',
  options: [
    { flags: '--watch', doc: 'keep the counts up to date; with --json, a line a second or a change' },
  ],
  examples: ['millhand stats', 'millhand stats --watch', 'millhand stats --json | jq .failed'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      if (call.options.watch) await watch(call, queue)
      else {
        const stats = await queue.stats()
        call.terminal.show(stats, () => statsLines(stats, call.terminal))
      }
      return undefined
    }),
}

/** The counts for people: a line for all, then a table of the queues. */
export function statsLines(stats: Stats, terminal: Terminal): string[] {
  const { paint } = terminal
  const counts = STATES.map((state) => `${paint(STATE_STYLES[state], state)} ${stats[state]}`)
  const oldest =
    stats.oldestWaitMs === null ? '' : `, the oldest job waits for ${formatDuration(stats.oldestWaitMs)}`
  return [
    counts.join('  '),
    `${stats.workers} worker(s), ${stats.busy} of ${stats.slots} slots busy, ${stats.scheduled} scheduled${oldest}`,
    ...(stats.queues.length === 0 ? [] : ['', ...terminal.table(QUEUE_COLUMNS, stats.queues)]),
  ]
}

async function watch({ terminal }: Call<Options>, queue: Queue): Promise<void> {
  const [{ live }, { Screen }] = await Promise.all([import('../live.ts'), import('../screen.ts')])
  const { interruptible } = await import('../signals.ts')
  const screen = terminal.interactive ? new Screen(terminal.stdout) : undefined
  const show = async () => {
    const stats = await queue.stats()
    if (screen) screen.draw(statsLines(stats, terminal))
    else terminal.show(stats, () => statsLines(stats, terminal)[0] ?? '')
  }
  await interruptible((signal) => live({ queue, signal, show })).finally(() => screen?.close())
}
