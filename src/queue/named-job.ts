import { jobError } from '../job/errors.ts'
import { type Job, type JobRecord, toJob } from '../job/job.ts'
import { isSpec } from '../job/spec.ts'
import { requireSpec } from '../job/specs.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import type { Store } from '../store/store.ts'
import { requireId } from './arguments.ts'

/** A job that a call names, by its id alone or with its definition. */
export interface NamedJob {
  readonly id: string
  /** What it has to be called, where the call says so. */
  readonly name?: string | undefined
  readonly spec?: AnyJobSpec | undefined
}

/** @throws MillhandError `invalid_option`, `invalid_name` */
export function askedFor(component: string, first: AnyJobSpec | string, id: unknown): NamedJob {
  if (id === undefined && !isSpec(first)) return { id: requireId(component, first) }
  const spec = requireSpec(component, first as AnyJobSpec)
  return { name: spec.name, spec, id: requireId(component, id, id === undefined ? first : undefined) }
}

/** The job as it is now; `null` where there is none. @throws MillhandError `other_job` */
export async function readJob(store: Pick<Store, 'catalog'>, { id, name }: NamedJob): Promise<Job | null> {
  const [record] = await store.catalog.get([id])
  return record ? toJob(requireNamed(record, { id, name })) : null
}

/** The job as it is stored. @throws MillhandError `job_not_found`, `other_job` */
export async function readNamed(store: Pick<Store, 'catalog'>, named: NamedJob): Promise<JobRecord> {
  const [record] = await store.catalog.get([named.id])
  return requireNamed(record, named)
}

/** @throws MillhandError `job_not_found`, `other_job` */
function requireNamed(record: JobRecord | undefined, named: NamedJob): JobRecord {
  const problem = problemWith(record, named)
  if (!record || problem) throw problem
  return record
}

/** Why it is not the job that was named. */
export function problemWith(record: JobRecord | undefined, { id, name }: NamedJob): Error | undefined {
  if (!record) return jobError('job_not_found', { id })
  return name === undefined || name === record.name
    ? undefined
    : jobError('other_job', { id: record.id, name: record.name, expected: name })
}
