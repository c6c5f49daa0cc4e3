import { claimOf, grouped, type Ledger } from './ledger.ts'

/** How long jobs waited to run again, from the kill of the process that ran them, in milliseconds. */
export function recoveriesMs(ledger: Ledger): number[] {
  const starts = grouped(ledger.all('started'), ({ id }) => id)
  const startsBy = grouped(ledger.all('started'), ({ process }) => process)
  const ended = new Set(ledger.all('ended').map(claimOf))
  const kills = ledger.all('fault').filter(({ fault }) => fault === 'kill a worker')
  return kills.flatMap(({ target, atMs }) =>
    (startsBy.get(target) ?? [])
      .filter((start) => !ended.has(claimOf(start)))
      .flatMap(({ id, epoch }) => {
        const next = (starts.get(id) ?? []).find((start) => start.atMs > atMs && start.epoch > epoch)
        return next ? [Math.round(next.atMs - atMs)] : []
      }),
  )
}

/** The value below which a share of them are, of a hundred; `null` of none. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.max(0, Math.ceil((share / 100) * sorted.length) - 1)] ?? null
}
