/** How a version may have to stand to another one. */
const COMPARISONS = {
  '>=': (order: number) => order >= 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '<': (order: number) => order < 0,
  '=': (order: number) => order === 0,
} as const

const RANGE = /^(>=|<=|>|<|=) ?(\d{1,9}(?:\.\d{1,9}){0,3})$/
const NUMBERS = /^v?(\d{1,9}(?:\.\d{1,9}){0,3})(?![.\d])/

/** A range of versions in its one form, `>=2.1`; `undefined` where the text is none. */
export function readRange(text: string): string | undefined {
  const [, comparison, numbers] = RANGE.exec(text.trim()) ?? []
  return comparison && `${comparison}${numbers}`
}

/**
 * Whether a version is in a range: by its numbers, one after the other, `2` being `2.0.0`. What stands behind them (`-rc.1`) does
 * not count; one without numbers is in none.
 */
export function isInRange(version: string, range: string): boolean {
  const [, comparison = '', wanted = ''] = RANGE.exec(range) ?? []
  const [, numbers] = NUMBERS.exec(version) ?? []
  const compares = COMPARISONS[comparison as keyof typeof COMPARISONS]
  return numbers !== undefined && compares !== undefined && compares(compare(numbers, wanted))
}

function compare(one: string, other: string): number {
  const [left, right] = [one.split('.').map(Number), other.split('.').map(Number)]
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
