import type { JobRecord } from '../../job/job.ts'
import { LedgerSheets } from '../../job/ledger.ts'
import type { Settlement } from '../../job/outcome.ts'
import { TRANSITIONS } from '../../job/state.ts'
import type { Settled } from '../jobs.ts'
import { begunAt } from './begin.ts'
import { change } from './change.ts'
import type { MemoryData } from './data/data.ts'
import { closeGate } from './gates.ts'
import { heldJob, letGo } from './holding.ts'
import { enter } from './ledger.ts'
import { keepResult } from './results.ts'

export function settle(
  data: MemoryData,
  settlements: readonly Settlement[],
  repeated: boolean = false,
): Settled[] {
  const sheets = new LedgerSheets()
  const results = settlements.map((settlement) => {
    const settled = settleOne(data, settlement)
    if (settled === 'settled') sheets.settled(settlement)
    return settled === 'refused' && repeated && wasWritten(data, settlement) ? 'settled' : settled
  })
  enter(data, sheets)
  return results
}

function settleOne(data: MemoryData, settlement: Settlement): Settled {
  const job = heldJob(data, settlement)
  if (!job) return 'refused'
  if (job.state === 'cancelled') {
    letGo(data, job)
    return 'cancelled'
  }
  keepResult(data, settlement)
  change(data, job, {
    verb: settlement.verb,
    worker: null,
    ...begun(data, job, settlement),
    ...ending(data, settlement),
  })
  data.claimedAt.delete(job.id)
  if (settlement.closes) closeGate(data, settlement.closes)
  return 'settled'
}

/**
 * Whether the job is what the settlement makes of it, its errors included: a rescue, an expiry or an operator's retry may
 * have brought it to the same state.
 */
function wasWritten(data: MemoryData, { id, epoch, verb, errors }: Settlement): boolean {
  const job = data.jobs.get(id)
  return job?.epoch === epoch && job.state === TRANSITIONS[verb].to && job.errors === errors
}

/** A job that was held when it ended had begun meanwhile, unless it is given back. */
function begun(data: MemoryData, job: JobRecord, { begunAfterMs }: Settlement): Partial<JobRecord> {
  if (job.state !== 'pending' || begunAfterMs === null) return {}
  return { startedAt: begunAt(data, job, begunAfterMs), expiresAt: null }
}

/** What each verb writes; the rest of the job stays as it is. */
function ending(data: MemoryData, settlement: Settlement): Partial<JobRecord> {
  const nowMs = data.clock.now()
  const { verb, output, outcome, reason, failureKind, attempt, errors } = settlement
  switch (verb) {
    case 'complete':
      return { output, outcome, reason, finishedAt: nowMs }
    case 'fail':
      return { failureKind, errors, output, finishedAt: nowMs }
    case 'retry':
    case 'snooze':
      return { attempt, ...(errors !== null && { errors }), dueAt: nowMs + settlement.dueInMs }
    case 'release':
      return { attempt }
  }
}
