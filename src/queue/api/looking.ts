import type { JobHandle } from '../../job/handle.ts'
import type { Job } from '../../job/job.ts'
import type { JobState } from '../../job/state.ts'
import type { AnyJobSpec, JobOf, ResultOf, StoredInputOf } from '../../job/typed.ts'
import type { LogLine } from '../../store/jobs.ts'
import type { Explanation } from '../explain.ts'
import type { QueueExplanation } from '../explain-queue.ts'
import type { FilterOptions, ListOptions } from '../filter.ts'

/** What looks at jobs. */
export interface Looking {
  /**
   * The handle of a job that was enqueued earlier or elsewhere. With its definition, it is typed as that of `enqueue`, and
   * what reads the job refuses one of another name (`other_job`).
   *
   * @throws MillhandError `invalid_option`, where what is given is no definition
   */
  handle<Spec extends AnyJobSpec>(spec: Spec, id: string): JobHandle<ResultOf<Spec>, StoredInputOf<Spec>>
  handle<Output = unknown>(id: string): JobHandle<Output>

  /**
   * The job as it is now; `null` where there is none. With its definition, input and output are typed.
   *
   * @throws MillhandError `other_job`, where it is not of the definition; `invalid_option`
   */
  get<Spec extends AnyJobSpec>(spec: Spec, id: string): Promise<JobOf<Spec> | null>
  get(id: string): Promise<Job | null>

  /**
   * Jobs that fit, newest first; fewer than `limit` where those come to 32 MiB already. The next page is that `before` the
   * last of them; the end is an empty page. With `job`, a definition, input and output are typed.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`; `job_not_found` where there is no job `before`
   */
  list<Spec extends AnyJobSpec = AnyJobSpec, State extends JobState = JobState>(
    options?: ListOptions<Spec, State>,
  ): Promise<Extract<JobOf<Spec>, { readonly state: State }>[]>

  /** How many jobs fit. @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name` */
  count(options?: FilterOptions): Promise<number>

  /** The log lines that a job wrote, oldest first; the newest 1,000 are kept. */
  logs(id: string): Promise<LogLine[]>

  /** Why a job is where it is, in words and as data. @throws MillhandError `job_not_found` */
  explain(id: string): Promise<Explanation>

  /**
   * Why the jobs of a queue wait: its pause, its size, the limits with who holds them, names that no worker handles, what jobs
   * require that none has, what is due later; with how many there are of each name. Each count ends at 10,000, so that it costs
   * the same whatever waits.
   *
   * @throws MillhandError `invalid_name`
   */
  explainQueue(queue: string): Promise<QueueExplanation>
}
