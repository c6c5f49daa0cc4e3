import { type Duration, formatDuration } from '../../kit/duration.ts'
import type { QueueStats } from '../../queue/inspect.ts'
import { pauseText } from '../../queue/pause.ts'
import type { Queue } from '../../queue/queue.ts'
import type { Call, CommandSpec } from '../command.ts'
import { cliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { numberOr } from '../filter.ts'
import { withQueue } from '../session.ts'
import { unusedQueue } from '../strange-queue.ts'
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
    text: (stats) =>
      [
        ...pauseWords(stats),
        ...sizeWords(stats),
        ...orderWords(stats),
        ...shareWords(stats),
        ...limitWords(stats),
      ].join('; '),
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

function limitWords({ settings: { limits = [] } = {} }: QueueStats): string[] {
  return limits.length === 0 ? [] : [`limits: ${limits.map(({ name, key }) => name ?? key).join(', ')}`]
}

function orderWords({ settings: { order, aging, weights = {} } = {} }: QueueStats): string[] {
  if (order === 'lifo') return ['the newest first']
  if (order === 'fifo') return ['the oldest first']
  if (order === 'weighted') return [weightWords(weights)]
  return aging === undefined ? [] : [`${formatDuration(Number(aging))} of waiting makes good a priority`]
}

function shareWords({ settings: { shares = {} } = {} }: QueueStats): string[] {
  const each = Object.entries(shares).map(([group, share]) => `${group}: ${share}`)
  return each.length === 0 ? [] : [`shares of groups: ${each.join(', ')}`]
}

function weightWords(weights: Readonly<Record<string, number>>): string {
  const each = Object.entries(weights).map(([priority, weight]) => `priority ${priority}: ${weight}`)
  return each.length === 0 ? 'each priority as often' : `drawn by weight (${each.join(', ')})`
}

interface Options {
  readonly waitEmpty?: string
  readonly waitTimeout?: string
}

/** Waits for what `--wait-empty` names; gives whether it was not interrupted. */
export async function waited(
  { options: { waitEmpty, waitTimeout }, terminal }: Call<Options>,
  queue: Queue,
): Promise<boolean> {
  if (waitEmpty === undefined) {
    if (waitTimeout === undefined) return true
    throw cliError('usage', { problem: '--wait-timeout is for --wait-empty', command: 'queues' })
  }
  const timeout = numberOr(waitTimeout) as Duration | undefined
  // Nothing of it is pending or running, so that there is nothing to wait for: as with one whose name was mistyped.
  const note = await unusedQueue(queue, waitEmpty)
  if (note !== undefined) terminal.note(note)
  const { interruptible } = await import('../signals.ts')
  return interruptible((signal) =>
    queue.drained(waitEmpty, { signal, ...(timeout !== undefined && { timeout }) }).then(
      () => true,
      (error) => {
        if (signal.aborted) return false
        throw error
      },
    ),
  )
}

/** `millhand queues`: how the queues stand. */
export const queuesCommand: CommandSpec<Options> = {
  name: 'queues',
  summary: 'List the queues: how many jobs they hold in each state, and which are paused.',
  options: [
    {
      flags: '--wait-empty <queue>',
      doc: 'wait first until no job of this one is pending or running',
    },
    {
      flags: '--wait-timeout <duration>',
      doc: 'with --wait-empty: longest time to wait (default: for ever)',
    },
  ],
  examples: [
    'millhand queues',
    'millhand queues --json',
    'millhand queues --wait-empty mail --wait-timeout 10m',
  ],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      if (!(await waited(call, queue))) return EXIT.interrupted
      const { queues } = await queue.stats()
      call.terminal.show(queues, () =>
        queues.length === 0
          ? 'No queues yet: one is there as soon as a job names it.'
          : call.terminal.table(QUEUE_COLUMNS, queues),
      )
      return undefined
    }),
}
