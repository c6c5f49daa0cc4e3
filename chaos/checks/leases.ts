import { claimOf, grouped, type Ledger } from './ledger.ts'

/** Clocks of a store are in whole milliseconds, those of a witness are not. */
const ROUNDING_MS = 5

/**
 * Workers that were taken for lost though a beat of theirs had reached the store within their lease. The store extends a
 * lease after it was asked to, and a rescue has looked before it is answered: whoever was rescued sooner than a lease after
 * the question had one that held.
 */
export function falseRescues(ledger: Ledger): string[] {
  const leases = grouped(ledger.all('leased'), ({ worker }) => worker)
  return ledger.all('rescued').flatMap(({ workers, sentMs, atMs }) =>
    workers.flatMap((worker) => {
      const holding = (leases.get(worker) ?? []).find(
        (lease) =>
          lease.atMs < sentMs &&
          lease.sentMs + lease.leaseMs > atMs + ROUNDING_MS &&
          !ledger.mayBeForgotten(lease.atMs),
      )
      if (!holding) return []
      const restMs = Math.round(holding.sentMs + holding.leaseMs - atMs)
      return [`worker ${worker} was taken for lost ${restMs} ms before its lease ended`]
    }),
  )
}

/**
 * Crashes that were counted for jobs which had not begun. What the store was never told of, and what nobody has a word of (a
 * claim that was made and whose worker was killed over the answer), is no such thing: it may have begun.
 */
export function blamedUnbegun(ledger: Ledger): string[] {
  const begun = new Set<string>([
    ...ledger.all('started').map(claimOf),
    ...ledger.all('beginning').flatMap(({ jobs }) => jobs.map(claimOf)),
    ...ledger.all('claimed').flatMap(({ jobs }) => jobs.filter((job) => job.begun).map(claimOf)),
  ])
  return [...ledger.jobs.values()].flatMap(({ id, epoch, crashes }) => {
    const known = new Set(ledger.claimsOf(id).map((claim) => claim.epoch))
    const onlyHeld = [...known].filter((each) => !begun.has(claimOf({ id, epoch: each })))
    const blamed = crashes - (epoch - onlyHeld.length)
    return blamed > 0
      ? [`${id}: ${crashes} crashes, of ${epoch} claims of which ${onlyHeld.length} had not begun`]
      : []
  })
}
