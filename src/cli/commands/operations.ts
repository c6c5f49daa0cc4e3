import { dateOf } from '../../kit/date.ts'
import type { Operation } from '../../queue/operations.ts'
import type { CommandSpec } from '../command.ts'
import { given, numberOr } from '../filter.ts'
import { withQueue } from '../session.ts'
import type { Column } from '../table.ts'

interface Options {
  readonly limit?: string
}

/** `millhand operations`: what was done to many jobs, by whom and when. */
export const operationsCommand: CommandSpec<Options> = {
  name: 'operations',
  summary: 'List what was done to many jobs by filter, by whom and when, newest first.',
  options: [{ flags: '--limit <count>', doc: 'at most this many (default: 100)' }],
  examples: ['millhand operations', 'millhand operations --limit 1 --json'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const { options, terminal } = call
      const operations = await queue.operations(given({ limit: numberOr(options.limit) }))
      terminal.show(operations, () =>
        operations.length === 0 ? 'No operations yet.' : terminal.table(COLUMNS, operations),
      )
      return undefined
    }),
}

const COLUMNS: readonly Column<Operation>[] = [
  { title: 'STARTED', text: ({ startedAt }) => startedAt.toISOString() },
  { title: 'BY', text: ({ by }) => by ?? '', shrinksTo: 4 },
  { title: 'VERB', text: ({ verb }) => verb },
  { title: 'JOBS', text: ({ jobs }) => String(jobs), align: 'right' },
  {
    title: 'STATE',
    text: ({ finishedAt }) => (finishedAt ? 'done' : 'unfinished'),
    style: ({ finishedAt }) => (finishedAt ? undefined : 'yellow'),
  },
  {
    title: 'WHAT',
    text: ({ reason, priority, dueAt, queue }) => whatOf([reason, priority, dueAt, queue]),
    shrinksTo: 6,
  },
  { title: 'OPERATION', text: ({ id }) => id, shrinksTo: 8 },
  { title: 'FILTER', text: ({ filter }) => JSON.stringify(filter), shrinksTo: 8 },
]

function whatOf(parts: readonly (string | number | Date | undefined)[]): string {
  const [part] = parts.filter((each) => each !== undefined)
  return dateOf(part)?.toISOString() ?? String(part ?? '')
}
