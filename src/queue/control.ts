import { reasonText } from '../job/control.ts'
import { jobError } from '../job/errors.ts'
import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import { requireJobName, requireLabel } from '../job/names.ts'
import { whyNotDone } from '../job/not-done.ts'
import type { Retention } from '../job/retention.ts'
import { DEFINITION_OR_NAME, requireSpec } from '../job/specs.ts'
import type { JobState } from '../job/state.ts'
import type { SpecOrName } from '../job/typed.ts'
import { asError } from '../kit/error.ts'
import { nextTurn } from '../kit/turn.ts'
import { requireIds, requireReason } from './arguments.ts'
import { type QueueInternals, requireOutside } from './internals.ts'

/**
 * What is done to many jobs at once: in pieces of a thousand, each a transaction of its own, with a turn of the event
 * loop in between. Where a piece fails, those before it are done, and the error says which.
 */

/**
 * Cancels jobs; gives the ids of those that were not settled yet. One that is settled is what the caller wants: nothing
 * runs.
 *
 * @throws MillhandError `invalid_option`, `inside_transaction`, `bulk_incomplete`; `job_not_found`, for a single id
 */
export async function cancelJobs(
  queue: QueueInternals,
  given: string | readonly string[],
  reason: unknown,
): Promise<string[]> {
  const ids = requireIds('cancel', given)
  requireOutside(queue, 'cancel')
  const text = reasonText(requireReason('cancel', reason))
  const cancelled = await inPieces('cancel', ids, async (piece) => {
    const done = await queue.store.catalog.cancel(piece, text)
    if (done.length > 0) queue.events.emit('cancel', { ids: done, reason: text })
    return done
  })
  if (typeof given === 'string' && cancelled.length === 0 && !(await stateOf(queue, given)))
    throw jobError('job_not_found', { id: given })
  return cancelled
}

/**
 * Runs failed or cancelled jobs again; gives the ids of those that were.
 *
 * @throws MillhandError `inside_transaction`, `bulk_incomplete`; `job_not_found`, `not_retryable`, for a single id
 */
export async function retryJobs(queue: QueueInternals, given: string | readonly string[]): Promise<string[]> {
  const ids = requireIds('retry', given)
  requireOutside(queue, 'retry')
  const retried = await inPieces('retry', ids, (piece) => queue.store.catalog.retry(piece))
  if (typeof given === 'string' && retried.length === 0)
    throw whyNotDone('retry', given, await stateOf(queue, given))
  return retried
}

/** @throws MillhandError `invalid_name`, `invalid_option`, `inside_transaction` */
export async function freeKeyOf(queue: QueueInternals, job: SpecOrName, key: unknown): Promise<boolean> {
  const name =
    typeof job === 'string' ? requireJobName(job) : requireSpec('freeKey', job, DEFINITION_OR_NAME).name
  const label = { name, key: requireLabel('key', key) }
  requireOutside(queue, 'freeKey')
  return (await queue.store.catalog.freeKey(label)).length > 0
}

async function stateOf({ store }: QueueInternals, id: string): Promise<JobState | undefined> {
  const [record] = await store.catalog.get([id])
  return record?.state
}

/** Deletes what is older than its retention; gives how many. @throws MillhandError `inside_transaction`, `bulk_incomplete` */
export async function pruneJobs(queue: QueueInternals, retention: Retention): Promise<number> {
  requireOutside(queue, 'prune')
  let count = 0
  try {
    for (let pruned = -1; pruned !== 0; count += pruned) {
      if (count > 0) await nextTurn()
      pruned = await queue.store.upkeep.prune(retention, STATEMENT_ROWS_MAX)
    }
    await queue.store.ledger.tidy(retention.stats)
  } catch (error) {
    throw count === 0 ? error : incomplete('prune', count, { ids: [], error })
  } finally {
    if (count > 0) queue.events.emit('prune', { count })
  }
  return count
}

async function inPieces(
  verb: 'cancel' | 'retry',
  ids: readonly string[],
  apply: (piece: readonly string[]) => Promise<string[]>,
): Promise<string[]> {
  // Named twice, a job is done once: between two pieces it may have failed again.
  const asked = [...new Set(ids)]
  const done: string[] = []
  for (let from = 0; from < asked.length; from += STATEMENT_ROWS_MAX) {
    if (from > 0) await nextTurn()
    try {
      done.push(...(await apply(asked.slice(from, from + STATEMENT_ROWS_MAX))))
    } catch (error) {
      throw from === 0 ? error : incomplete(verb, done.length, { ids: done, error })
    }
  }
  return done
}

export function incomplete(
  verb: string,
  done: number,
  { ids, error }: { ids: readonly string[]; error: unknown },
): Error {
  const facts = { verb, done, ids, problem: asError(error).message }
  return jobError('bulk_incomplete', facts, { cause: error })
}
