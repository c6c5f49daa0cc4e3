import { claimOf, GIVES_BACK, grouped, type Ledger, SETTLES } from './ledger.ts'

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
 * Jobs with more crashes than they can have had: in a claim that had begun, and was not settled. Of what nobody has a word
 * (a claim whose worker was killed over the answer, a begin of which the store was about to be told), it may be so.
 */
export function blamedUnbegun(ledger: Ledger): string[] {
  const begun = new Set<string>([
    ...ledger.all('started').map(claimOf),
    ...ledger.all('beginning').flatMap(({ jobs }) => jobs.map(claimOf)),
    ...ledger.all('claimed').flatMap(({ jobs }) => jobs.filter((job) => job.begun).map(claimOf)),
  ])
  return [...ledger.jobs.values()].flatMap(({ id, epoch, crashes }) => {
    const held = ledger.claimsOf(id).filter((claim) => !begun.has(claimOf(claim)))
    const settled = ledger.writesOf(id).filter(({ verb }) => SETTLES.has(verb) && !GIVES_BACK.has(verb))
    const blameless = new Set([...held, ...settled].map((claim) => claim.epoch)).size
    if (crashes <= epoch - blameless) return []
    return [
      `${id}: ${crashes} crashes in ${epoch} claims, of which ${blameless} had not begun or were settled`,
    ]
  })
}
