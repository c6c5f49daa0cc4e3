import { bucketOf, type Histogram, sumOf } from '../kit/histogram.ts'
import type { Settlement } from './outcome.ts'
import { readStored } from './stored.ts'

/** How finely the ledger says when something ended. */
export const LEDGER_MINUTE_MS = 60_000

/** What ended of the jobs of one queue and name, and how long those that completed or failed had waited and run. */
export interface LedgerEntry {
  readonly queue: string
  readonly name: string
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  /** From their due time to the begin of the last attempt, and from that to the end. */
  readonly waits: Histogram
  readonly runs: Histogram
}

/** An entry of one minute. */
export interface LedgerRow extends LedgerEntry {
  /** When the minute began. */
  readonly minute: number
}

/** The begin of the minute of a time. */
export function minuteOf(ms: number): number {
  return Math.floor(ms / LEDGER_MINUTE_MS) * LEDGER_MINUTE_MS
}

interface Sheet {
  readonly queue: string
  readonly name: string
  completed: number
  failed: number
  cancelled: number
  readonly waits: Record<number, number>
  readonly runs: Record<number, number>
}

/** Adds up what one call of a store ends, so that it writes once for each queue and name, however many jobs there are. */
export class LedgerSheets {
  readonly #sheets = new Map<string, Sheet>()
  #last: Sheet | undefined

  /** A job has ended by a settlement that was written; one that leaves it unfinished counts for nothing. */
  settled({ verb, queue, name, waitedMs, ranMs }: Settlement): void {
    if (verb !== 'complete' && verb !== 'fail') return
    const sheet = this.#sheetOf(queue, name)
    if (verb === 'complete') sheet.completed += 1
    else sheet.failed += 1
    const [wait, run] = [bucketOf(waitedMs), bucketOf(ranMs)]
    sheet.waits[wait] = (sheet.waits[wait] ?? 0) + 1
    sheet.runs[run] = (sheet.runs[run] ?? 0) + 1
  }

  /** Jobs have ended otherwise: how long they waited and ran says nothing. */
  ended(queue: string, name: string, { end, count }: { end: 'failed' | 'cancelled'; count: number }): void {
    this.#sheetOf(queue, name)[end] += count
  }

  entries(): LedgerEntry[] {
    return [...this.#sheets.values()]
  }

  /** Most jobs of a call are of one queue and name. */
  #sheetOf(queue: string, name: string): Sheet {
    if (this.#last?.name === name && this.#last.queue === queue) return this.#last
    const key = JSON.stringify([queue, name])
    const sheet = this.#sheets.get(key) ?? {
      queue,
      name,
      completed: 0,
      failed: 0,
      cancelled: 0,
      waits: {},
      runs: {},
    }
    this.#sheets.set(key, sheet)
    this.#last = sheet
    return sheet
  }
}

/** One entry of two of the same queue and name. */
export function addEntries<Entry extends LedgerEntry>(one: Entry, other: LedgerEntry): Entry {
  return {
    ...one,
    completed: one.completed + other.completed,
    failed: one.failed + other.failed,
    cancelled: one.cancelled + other.cancelled,
    waits: sumOf([one.waits, other.waits]),
    runs: sumOf([one.runs, other.runs]),
  }
}

/** A histogram as a column has it; of what somebody has written into it by hand, what can be read. */
export function readHistogram(json: string): Histogram {
  const value = readStored(json)
  if (typeof value !== 'object' || value === null) return {}
  const isCount = ([bucket, count]: readonly [string, unknown]) =>
    /^\d{1,4}$/.test(bucket) && Number.isInteger(count)
  return Object.fromEntries(Object.entries(value).filter(isCount)) as Histogram
}
