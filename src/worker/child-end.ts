import type { JobRecord } from '../job/job.ts'
import { isFinal } from '../job/state.ts'
import { unlessAborted } from '../kit/abort.ts'
import { deferred } from '../kit/deferred.ts'
import type { QueueInternals } from '../queue/internals.ts'
import { type NamedJob, problemWith } from '../queue/named-job.ts'

/**
 * Resolves with the child when it is settled. Not by its handle: on a virtual clock that nobody moves a test waits in vain, not
 * a handler, which goes on when the clock does.
 *
 * @throws MillhandError `job_not_found`, `other_job`, `store_closed`; the reason of `signal`
 */
export async function childEnd(
  { watch, closing }: Pick<QueueInternals, 'watch' | 'closing'>,
  child: NamedJob,
  signal: AbortSignal,
): Promise<JobRecord> {
  signal.throwIfAborted()
  closing.requireOpen()
  const ended = deferred<JobRecord>()
  const stops = [
    watch.add(child.id, (record) => {
      const problem = problemWith(record, child)
      if (!record || problem) ended.reject(problem)
      else if (isFinal(record.state)) ended.resolve(record)
    }),
    closing.on(ended.reject),
  ]
  try {
    return await unlessAborted(ended.promise, signal)
  } finally {
    for (const stop of stops) stop()
  }
}
