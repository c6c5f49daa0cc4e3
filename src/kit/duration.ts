/** A length of time: `'250ms' | '5s' | '5m' | '2h' | '7d'`, or a number of milliseconds: `30` is 30 ms. */
export type Duration = number | `${number}${DurationUnit}`

type DurationUnit = keyof typeof UNIT_MS

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

export const DURATION_EXAMPLES = "a duration such as '250ms', '5s', '5m', '2h' or '7d', or milliseconds"

/** About 30,000 years: whatever time it is added to, the sum is still a time that a Date can hold. */
export const LONGEST_MS = 1e15

/** Whole milliseconds of a duration; `undefined` where `value` is not one. */
export function parseDuration(value: unknown): number | undefined {
  const ms = typeof value === 'number' ? value : parseText(value)
  // Databases keep times as whole numbers: a fraction of a millisecond would be refused there, much later.
  return ms !== undefined && ms >= 0 && ms <= LONGEST_MS ? Math.round(ms) : undefined
}

function parseText(value: unknown): number | undefined {
  const match = typeof value === 'string' ? PATTERN.exec(value) : null
  return match ? Number(match[1]) * UNIT_MS[match[2] as DurationUnit] : undefined
}

/** A duration as one writes it in an option, none of it left out: '90s' and not '1m 30s'. */
export function writtenDuration(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((each) => ms >= UNIT_MS[each] && ms % UNIT_MS[each] === 0)
  return unit === undefined ? `${ms}ms` : `${ms / UNIT_MS[unit]}${unit}`
}

/** A duration for people: the two largest units that matter, such as '1h 5m' or '250ms'. */
export function formatDuration(ms: number): string {
  if (ms < UNIT_MS.s) return `${Math.round(ms)}ms`
  if (ms < 10 * UNIT_MS.s) return `${(ms / UNIT_MS.s).toFixed(1)}s`
  const parts: string[] = []
  let rest = ms
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / UNIT_MS[unit])
    rest -= count * UNIT_MS[unit]
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.slice(0, 2).join(' ')
}
