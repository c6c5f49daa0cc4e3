import type { JobRecord } from '../../job/job.ts'
import type { Settlement } from '../../job/outcome.ts'
import type { MemoryData } from './data/data.ts'

/** The fence: the job as long as it is this worker's in this epoch, held, running or cancelled under its hands. */
export function heldJob(
  data: MemoryData,
  claim: Pick<Settlement, 'id' | 'worker' | 'epoch'>,
): JobRecord | undefined {
  const job = data.jobs.get(claim.id)
  return job?.worker === claim.worker && job.epoch === claim.epoch ? job : undefined
}

/** The worker of a cancelled job knows of it now, or is gone: nobody needs to be told any more. */
export function letGo(data: MemoryData, job: JobRecord): void {
  data.jobs.put({ ...job, worker: null })
}
