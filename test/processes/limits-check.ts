import { ALL, EACH, type Holder, type Line } from './limited.ts'
import { nameOf } from './limits-witness.ts'

/** What of the lines of a witness no limit allows: sentences, none where all is well. */
export function faultsOf(lines: readonly Line[]): string[] {
  return [...startedTwice(lines), ...tooMany(lines), ...tooFast(lines)]
}

/** A claim that the store has forgotten is made again, in the same epoch. */
function startedTwice(lines: readonly Line[]): string[] {
  const starts = lines.filter(({ kind }) => kind === 'start').map(nameOf)
  return starts.filter((name, index) => starts.indexOf(name) < index).map((name) => `${name} started twice`)
}

function tooMany(lines: readonly Line[]): string[] {
  return lines.flatMap((line) => {
    if (line.kind !== 'seen') return []
    const keys = Map.groupBy(line.holders, ({ key }) => key)
    return [
      ...[...keys].flatMap(([key, holders]) => over(EACH.concurrency, `${EACH.name}=${key}`, holders)),
      ...over(ALL.concurrency, ALL.name, line.holders),
    ]
  })
}

function over(limit: number, gate: string, holders: readonly Holder[]): string[] {
  return holders.length > limit ? [`${gate} has ${holders.length}: ${holders.map(nameOf).join(', ')}`] : []
}

function tooFast(lines: readonly Line[]): string[] {
  const { count, perMs } = ALL.rate
  const grants = lines
    .flatMap((line) => (line.kind === 'seen' && line.grantedAt !== null ? [line.grantedAt] : []))
    .sort((one, other) => one - other)
  return grants.flatMap((first, index) => {
    const next = grants[index + count]
    return next !== undefined && next - first < perMs
      ? [`${count + 1} were let pass in ${next - first} ms, from ${first} to ${next}`]
      : []
  })
}
