import { STATES } from '../../job/state.ts'
import { formatDuration } from '../../kit/duration.ts'
import type { Stats } from '../../queue/inspect.ts'
import type { NameStatsOptions, QueueStatsOptions, StatsByName } from '../../queue/name-stats.ts'
import type { Queue } from '../../queue/queue.ts'
import type { StatsByQueue } from '../../queue/queue-stats.ts'
import type { Call, CommandSpec } from '../command.ts'
import { cliError } from '../errors.ts'
import { given, numberOr } from '../filter.ts'
import { STATE_STYLES } from '../job-table.ts'
import { nameStatsLines } from '../name-table.ts'
import { queueStatsLines } from '../queue-table.ts'
import { withQueue } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import { QUEUE_COLUMNS } from './queues.ts'

interface Options {
  readonly by?: string
  readonly newerThan?: string
  readonly watch?: boolean
}

/** `millhand stats`: counts by state and by queue, or by name, once or live. */
export const statsCommand: CommandSpec<Options> = {
  name: 'stats',
  summary:
    'Count the jobs by state and by queue, and the slots of the workers; or how those of each name end.',
  options: [
    {
      flags: '--by <what>',
      doc: 'name: how often the jobs of each name fail, and how long they take; queue: how each queue and name does',
    },
    {
      flags: '--newer-than <duration>',
      doc: 'with --by: only jobs that ended in this time (default: 1d, by queue 1h)',
    },
    { flags: '--watch', doc: 'keep the counts up to date; with --json, a line a second or a change' },
  ],
  examples: [
    'millhand stats',
    'millhand stats --by name --newer-than 1h',
    'millhand stats --by queue',
    'millhand stats --watch',
    'millhand stats --json | jq .failed',
  ],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const read = readerOf(call.options, queue)
      if (call.options.watch) await watch(call, queue, read)
      else {
        const { document, lines } = await read()
        call.terminal.show(document, () => lines(call.terminal))
      }
      return undefined
    }),
}

/** What was read, for programs and for people. */
interface Shown {
  readonly document: Stats | StatsByName | StatsByQueue
  readonly lines: (terminal: Terminal) => string[]
}

/** What reads the counts that are asked for. @throws MillhandError `usage` */
export function readerOf({ by, newerThan }: Options, queue: Queue): () => Promise<Shown> {
  if (by === undefined) {
    if (newerThan !== undefined)
      throw cliError('usage', { problem: '--newer-than is for --by', command: 'stats' })
    return async () => {
      const stats = await queue.stats()
      return { document: stats, lines: (terminal) => statsLines(stats, terminal) }
    }
  }
  const options = { by, ...given({ newerThan: numberOr(newerThan) }) } as NameStatsOptions | QueueStatsOptions
  if (options.by === 'queue')
    return async () => {
      const stats = await queue.stats(options)
      return { document: stats, lines: (terminal) => queueStatsLines(stats, terminal) }
    }
  return async () => {
    const stats = await queue.stats(options)
    return { document: stats, lines: (terminal) => nameStatsLines(stats, terminal) }
  }
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

async function watch({ terminal }: Call, queue: Queue, read: () => Promise<Shown>): Promise<void> {
  const [{ live }, { Screen }] = await Promise.all([import('../live.ts'), import('../screen.ts')])
  const { interruptible } = await import('../signals.ts')
  const screen = terminal.interactive ? new Screen(terminal.stdout) : undefined
  const show = async () => {
    const { document, lines } = await read()
    if (screen) screen.draw(lines(terminal))
    else terminal.show(document, () => lines(terminal)[0] ?? '')
  }
  await interruptible((signal) => live({ queue, signal, show })).finally(() => screen?.close())
}
