import { blamedUnbegun, falseRescues } from './checks/leases.ts'
import { Ledger } from './checks/ledger.ts'
import { lost, undoneKept } from './checks/lost.ts'
import { percentile, recoveriesMs } from './checks/recovery.ts'
import { duplicateSettles, staleAccepted } from './checks/settles.ts'
import type { History } from './history.ts'

/** What a history comes to. What each word means is in docs/reliability.md. */
export interface Verdict {
  /** Jobs that clients were told are stored. */
  readonly enqueued: number
  /** Handlers that ran to their end. */
  readonly effects: number
  readonly lost: number
  readonly duplicateSettles: number
  readonly staleAccepted: number
  readonly falseRescues: number
  readonly blamedUnbegun: number
  readonly undoneKept: number
  readonly misbehaved: number
  readonly recoveries: number
  readonly maxRecoveryMs: number | null
  readonly p99RecoveryMs: number | null
  /** Workers that were taken for lost, and writes that came too late and were refused: the faults were felt. */
  readonly rescues: number
  readonly refused: number
  /** How often each fault came. */
  readonly faults: Readonly<Record<string, number>>
  /** How often calls of clients failed, by the code of the error. */
  readonly refusedCalls: Readonly<Record<string, number>>
  /** Everything that must not have been, in words. */
  readonly problems: readonly string[]
}

/** Reads a history, and says what must not have been. Pure: the same history always comes to the same. */
export function check(history: History): Verdict {
  const ledger = new Ledger(history)
  const violations = {
    lost: lost(ledger, history),
    duplicateSettles: duplicateSettles(ledger, history),
    staleAccepted: staleAccepted(ledger),
    falseRescues: falseRescues(ledger),
    blamedUnbegun: blamedUnbegun(ledger),
    undoneKept: undoneKept(history),
    misbehaved: ledger.all('misbehaved').map(({ target, how }) => `${target} ${how}`),
  }
  const recoveries = recoveriesMs(ledger)
  return {
    enqueued: new Set(ledger.all('acknowledged').flatMap(({ ids }) => ids)).size,
    effects: ledger.all('ended').length,
    ...counts(violations),
    recoveries: recoveries.length,
    maxRecoveryMs: percentile(recoveries, 100),
    p99RecoveryMs: percentile(recoveries, 99),
    rescues: sum(ledger.all('rescued').map(({ workers }) => workers.length)),
    refused: sum(ledger.all('late').map(({ writes }) => writes.length)),
    faults: tally(ledger.all('fault').map(({ fault }) => fault)),
    refusedCalls: tally(ledger.all('refused').map(({ code }) => code)),
    problems: Object.entries(violations).flatMap(([word, told]) => told.map((each) => `${word}: ${each}`)),
  }
}

function counts<Word extends string>(
  violations: Readonly<Record<Word, readonly string[]>>,
): Record<Word, number> {
  const entries = Object.entries<readonly string[]>(violations).map(([word, told]) => [word, told.length])
  return Object.fromEntries(entries)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function tally(words: readonly string[]): Record<string, number> {
  const counted: Record<string, number> = {}
  for (const word of [...words].sort()) counted[word] = (counted[word] ?? 0) + 1
  return counted
}
