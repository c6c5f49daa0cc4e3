import type { EnqueueOptions } from '../job/enqueue-options.ts'
import type { RunningJob } from '../job/job.ts'
import { holdsOptions } from '../kit/misplaced.ts'

/** Tags and context travel with the job. What is no list or no object is left to be refused where options are checked. */
export function carried({ tags, context }: RunningJob, options: EnqueueOptions | undefined): EnqueueOptions {
  if (options !== undefined && !holdsOptions(options)) return options
  const given = options?.tags ?? []
  const added = options?.context ?? {}
  return {
    ...options,
    ...(tags.length > 0 && Array.isArray(given) && { tags: [...new Set([...tags, ...given])] }),
    ...(holdsOptions(added) && { context: { ...context, ...added } }),
  }
}
