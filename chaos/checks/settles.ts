import type { History } from '../history.ts'
import { claimOf, GIVES_BACK, grouped, type Ledger, SETTLES, type Written } from './ledger.ts'

/** These end a job; only an operator revives one that has failed, and nobody one that is complete. */
const ENDS: ReadonlySet<Written['verb']> = new Set(['complete', 'fail'])

/** Two settlements that were accepted of one claim; two ends of one job; two rows that its one completion left. */
export function duplicateSettles(ledger: Ledger, { rows }: Pick<History, 'rows'>): string[] {
  return [
    ...[...ledger.writes.values()].flatMap((writes) => [
      ...twiceOfClaim(writes),
      ...twiceEnded(writes, ledger),
    ]),
    ...[...grouped(rows, (id) => id)].flatMap(([id, { length }]) =>
      length > 1 ? [`${id} has left ${length} rows in the transaction that completes it`] : [],
    ),
  ]
}

function twiceOfClaim(writes: readonly Written[]): string[] {
  const settles = writes.filter(({ verb }) => SETTLES.has(verb))
  return [...grouped(settles, claimOf)].flatMap(([claim, of]) =>
    of.length > 1 ? [`${claim} was settled by ${of.map(shown).join(' and by ')}`] : [],
  )
}

function twiceEnded(writes: readonly Written[], ledger: Ledger): string[] {
  const ends = writes.filter(({ verb }) => ENDS.has(verb)).sort((left, right) => left.epoch - right.epoch)
  return ends.flatMap((end, index) => {
    const before = ends[index - 1]
    // Two of one claim are told of already.
    if (!before || before.epoch === end.epoch) return []
    if (before.verb === 'fail' && ledger.mayHaveBeen('retry', end.id, before.sentMs)) return []
    return [
      `${end.id} had ended by ${shown(before)} of epoch ${before.epoch}, and ended by ${shown(end)} of epoch ${end.epoch}`,
    ]
  })
}

/** A write that was accepted though its epoch was over: somebody else had claimed the job, or its worker was taken for lost. */
export function staleAccepted(ledger: Ledger): string[] {
  const rescues = grouped(
    ledger.all('rescued').flatMap(({ workers, jobs, atMs }) => jobs.map((id) => ({ id, workers, atMs }))),
    ({ id }) => id,
  )
  return [...ledger.writes.values()].flatMap((writes) =>
    writes.flatMap((write) => {
      const next = ledger
        .claimsOf(write.id)
        .find(({ epoch, atMs }) => epoch > write.epoch && atMs < write.sentMs && !ledger.mayBeForgotten(atMs))
      if (next)
        return [`${claimOf(write)}: ${shown(write)} was accepted when ${next.worker} had epoch ${next.epoch}`]
      const rescue = (rescues.get(write.id) ?? []).find(
        ({ workers, atMs }) =>
          workers.includes(write.worker) && atMs < write.sentMs && !ledger.mayBeForgotten(atMs),
      )
      if (!rescue || GIVES_BACK.has(write.verb)) return []
      return [`${claimOf(write)}: ${shown(write)} was accepted after the rescue of that worker's jobs`]
    }),
  )
}

function shown({ verb, worker }: Written): string {
  return `${verb} of worker ${worker}`
}
