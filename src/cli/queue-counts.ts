import type { QueueExplanation } from '../queue/explain-queue.ts'
import type { Column } from './table.ts'
import type { Terminal } from './terminal.ts'

type Line = QueueExplanation['names'][number]

const COLUMNS: readonly Column<Line>[] = [
  { title: 'NAME', text: ({ name }) => name, shrinksTo: 10 },
  { title: 'READY', text: ({ ready }) => String(ready), align: 'right' },
  { title: 'LIMITED', text: ({ limited }) => String(limited), align: 'right' },
  { title: 'ALONE', text: ({ alone }) => String(alone), align: 'right' },
  { title: 'LATER', text: ({ delayed }) => String(delayed), align: 'right' },
  { title: 'HELD', text: ({ held }) => String(held), align: 'right' },
  { title: 'RUNNING', text: ({ running }) => String(running), align: 'right', style: () => 'cyan' },
  { title: 'WORKERS', text: ({ workers }) => String(workers), align: 'right' },
]

/** How many jobs of each name a queue has that have not ended; nothing where it has none. */
export function countLines({ names, more }: QueueExplanation, terminal: Terminal): string[] {
  if (names.length === 0) return []
  const cut = more ? ['Where it says 10000, there may be more.'] : []
  return ['', ...terminal.table(COLUMNS, names), ...cut]
}
