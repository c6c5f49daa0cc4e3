import type { LimitChange } from '../job/limit-change.ts'
import { formatDuration } from '../kit/duration.ts'
import type { LimitKey, LimitState } from '../queue/limits.ts'
import type { Column } from './table.ts'

/** What holds of a limit now. */
const valuesOf = ({ declared, override }: LimitState): LimitChange => ({ ...declared, ...override })

function rateOf({ rate }: LimitChange): string {
  return rate === undefined || rate === null ? '' : `${rate.count} in ${formatDuration(Number(rate.per))}`
}

export const LIMIT_COLUMNS: readonly Column<LimitState>[] = [
  { title: 'LIMIT', text: ({ name }) => name, shrinksTo: 8 },
  { title: 'CONCURRENCY', text: (limit) => String(valuesOf(limit).concurrency ?? ''), align: 'right' },
  { title: 'RATE', text: (limit) => rateOf(valuesOf(limit)) },
  {
    title: 'ORIGIN',
    text: ({ override }) => (override ? 'set live' : 'declared'),
    style: ({ override }) => (override ? 'yellow' : undefined),
  },
  { title: 'KEYS', text: ({ keys }) => String(keys), align: 'right' },
  { title: 'RUNNING', text: ({ running }) => String(running), align: 'right' },
  { title: 'WAITING', text: ({ waiting }) => String(waiting), align: 'right' },
]

export const KEY_COLUMNS: readonly Column<LimitKey>[] = [
  { title: 'KEY', text: ({ key }) => key ?? '(all)', shrinksTo: 8 },
  { title: 'RUNNING', text: ({ running }) => String(running), align: 'right' },
  { title: 'WAITING', text: ({ waiting }) => String(waiting), align: 'right' },
  {
    title: 'CLOSED UNTIL',
    text: ({ closedUntil }) => closedUntil?.toISOString() ?? '',
    style: () => 'yellow',
  },
  { title: 'SINCE', text: ({ holders }) => holders[0]?.since.toISOString() ?? '' },
  { title: 'HELD BY', text: ({ holders }) => holders.map(({ id }) => id).join(' '), shrinksTo: 10 },
]
