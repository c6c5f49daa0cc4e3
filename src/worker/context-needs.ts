import type { EnqueueOptions } from '../job/enqueue-options.ts'
import type { JobHandle } from '../job/handle.ts'
import type { RunningJob } from '../job/job.ts'
import type { Progress } from '../job/progress.ts'
import type { Resources } from '../job/resources.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import type { Attempt } from './attempt.ts'
import type { FailedCall } from './failed-calls.ts'
import type { InvokeCall } from './invoker.ts'

/** What the context needs of its worker. */
export interface ContextParts {
  readonly resources: () => Resources
  readonly secret: (name: string, job: RunningJob) => Promise<string>
  readonly mark: (attempt: Attempt) => void
  readonly onProgress: (attempt: Attempt, progress: Progress) => void
  readonly writeCheckpoint: (attempt: Attempt, json: string) => Promise<void>
  readonly transaction: <Output, Handle>(
    attempt: Attempt,
    body: (handle: Handle) => Output | Promise<Output>,
  ) => Promise<Output>
  readonly onFailedCall: (attempt: Attempt, failed: FailedCall) => void
  readonly enqueue: (spec: AnyJobSpec, input: unknown, options: EnqueueOptions) => Promise<JobHandle>
  readonly invoke: (attempt: Attempt, call: InvokeCall) => Promise<unknown>
}
