import type { JobState, SettleVerb } from '../../src/job/state.ts'
import { isFinal } from '../../src/job/state.ts'
import type { History } from '../history.ts'
import type { Ledger } from './ledger.ts'

/** What a settlement leaves that ends a job for good, unless an operator revives it. */
const ENDS: Partial<Record<SettleVerb | 'begin' | 'report', JobState>> = {
  complete: 'complete',
  fail: 'failed',
}

/**
 * What was acknowledged and is not there when all has come to rest: a job that is missing, or that never came to an end; an
 * end that was accepted, or a cancellation that was answered, and is another one now; half of a transaction.
 */
export function lost(ledger: Ledger, { rows }: Pick<History, 'rows'>): string[] {
  return [
    ...missing(ledger),
    ...unfinished(ledger),
    ...endsLost(ledger),
    ...cancelsLost(ledger),
    ...halves(ledger, new Set(rows)),
  ]
}

function missing(ledger: Ledger): string[] {
  const acknowledged = new Set(ledger.all('acknowledged').flatMap(({ ids }) => ids))
  return [...acknowledged]
    .filter((id) => !ledger.jobs.has(id))
    .map((id) => `${id} was acknowledged, and is not there`)
}

/** Also of those that nobody was told of: what is stored has to end. */
function unfinished({ jobs }: Ledger): string[] {
  return [...jobs.values()]
    .filter(({ state }) => !isFinal(state))
    .map(({ id, state }) => `${id} never came to an end: it is ${state}`)
}

function endsLost(ledger: Ledger): string[] {
  return [...ledger.writes.values()].flatMap((writes) =>
    writes.flatMap(({ id, verb, worker, sentMs }) => {
      const end = ENDS[verb]
      const state = ledger.jobs.get(id)?.state
      if (end === undefined || state === undefined || state === end) return []
      if (verb !== 'complete' && ledger.mayHaveBeen('retry', id, sentMs)) return []
      return [`${id}: ${verb} of worker ${worker} was accepted, and it is ${state}`]
    }),
  )
}

function cancelsLost(ledger: Ledger): string[] {
  const cancels = ledger.all('asked').filter(({ order }) => order === 'cancel')
  const sentMs = new Map(cancels.map(({ process, call, atMs }) => [`${process} ${call}`, atMs]))
  return ledger.all('answered').flatMap(({ process, call, ids }) => {
    const afterMs = sentMs.get(`${process} ${call}`)
    if (afterMs === undefined) return []
    return ids.flatMap((id) => {
      const state = ledger.jobs.get(id)?.state
      if (state === 'cancelled' || ledger.mayHaveBeen('retry', id, afterMs)) return []
      return [`${id} was said to be cancelled, and is ${state ?? 'not there'}`]
    })
  })
}

/** A row and the completion of its job are committed together, or neither is. */
function halves(ledger: Ledger, rows: ReadonlySet<string>): string[] {
  const completed = ledger.all('wrote').flatMap(({ withRow, writes }) => (withRow ? writes : []))
  const unended = [...rows].filter((id) => ledger.jobs.get(id)?.state !== 'complete')
  return [
    ...completed
      .filter(({ id, verb }) => verb === 'complete' && !rows.has(id))
      .map(({ id }) => `${id} was completed in a transaction, and the row of that is not there`),
    ...unended.map((id) => `${id} has left the row of its completion, and is not complete`),
  ]
}

/** Jobs of a transaction that was rolled back, and that are there nevertheless. */
export function undoneKept({ entries, jobs }: History): string[] {
  const undone = new Set(entries.flatMap((entry) => (entry.kind === 'undone' ? entry.ids : [])))
  return jobs.filter(({ id }) => undone.has(id)).map(({ id }) => `${id} was rolled back, and is there`)
}
