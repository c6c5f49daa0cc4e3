import { jobError } from '../job/errors.ts'
import type { RerunOptions } from '../job/handle.ts'
import type { JobRecord } from '../job/job.ts'
import { gatesFor } from '../job/job-gates.ts'
import type { NewJob } from '../job/new-job.ts'
import { serialise } from '../job/payload.ts'
import { check } from '../job/schema.ts'
import { requireSpec } from '../job/specs.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { type FieldsOf, parseOptions } from '../kit/options.ts'
import type { Inserted } from '../store/jobs.ts'
import { asRefusal } from '../store/refusal.ts'
import { requireId } from './arguments.ts'
import { type QueueInternals, requireOutside } from './internals.ts'

/** Which job is run anew, and how. */
interface Asked {
  readonly old: {
    readonly id: string
    /** What it has to be called, where the call says so. */
    readonly name?: string | undefined
    readonly spec?: AnyJobSpec
  }
  readonly options?: RerunOptions | undefined
}

const rerunFields = {
  input: { expected: 'an input', parse: (input: unknown) => input },
} satisfies FieldsOf<RerunOptions>

/** What a call named: an id, or a definition and an id. @throws MillhandError `invalid_option`, `invalid_name` */
export function rerunAsked(first: AnyJobSpec | string, rest: readonly unknown[]): Asked {
  if (typeof first === 'string') return { old: { id: first }, options: rest[0] as RerunOptions }
  const spec = requireSpec('rerun', first)
  const old = { id: requireId('rerun', rest[0]), name: spec.name, spec }
  return { old, options: rest[1] as RerunOptions }
}

/**
 * Stores a new job for another run of an old one, with its input or an edited one. What else that was enqueued with it keeps,
 * but for its due time, when it expires, and its deadline: those are what the definition says, where that is known.
 *
 * @throws MillhandError `job_not_found`, `other_job`, `invalid_input`, `not_serialisable`, `payload_too_large`,
 *   `queue_full`, `unknown_option`, `invalid_option`, `inside_transaction`
 */
export async function rerunJob(queue: QueueInternals, { old, options = {} }: Asked): Promise<Inserted> {
  requireOutside(queue, 'rerun')
  parseOptions('rerun', rerunFields, options)
  const { store, pendingMax, events } = queue
  const record = await find(queue, old)
  const spec = old.spec ?? queue.specs.get(record.name)
  const changed = options.input === undefined ? {} : await edited(queue, { record, spec }, options.input)
  const times = { expiresInMs: spec?.expiresInMs ?? null, deadlineMs: spec?.deadlineMs ?? null }
  const job = { ...kept(record), ...changed, ...times, id: queue.ids() }
  const [inserted] = await store.jobs.insert([{ ...job, rerunOf: old.id }], pendingMax).catch((error) => {
    throw asRefusal(error, store.location)
  })
  const { id, name } = job
  if (inserted?.existed === false) events.emit('enqueue', { jobs: [{ id, name, queue: job.queue }] })
  return inserted as Inserted
}

async function find({ store }: QueueInternals, { id, name }: Asked['old']): Promise<JobRecord> {
  const [record] = await store.catalog.get([id])
  if (!record) throw jobError('job_not_found', { id })
  if (name !== undefined && name !== record.name)
    throw jobError('other_job', { id, name: record.name, expected: name })
  return record
}

function kept(record: JobRecord): Omit<NewJob, 'id' | 'expiresInMs'> {
  const { name, queue, priority, input, key, tags, context, retries, timeoutMs, limits } = record
  const fields = { name, queue, priority, input, key, tags, context, retries, timeoutMs, limits }
  return { ...fields, delayMs: 0, runAtMs: null }
}

/**
 * Checked at the door, as by `enqueue`, where a definition with a schema is known; else the worker does it. A key of its limits
 * may be another one for this input: where the definition is known, they are those of that.
 */
async function edited(
  queue: QueueInternals,
  { record, spec }: { readonly record: JobRecord; readonly spec: AnyJobSpec | undefined },
  given: unknown,
): Promise<Pick<NewJob, 'input' | 'limits'>> {
  const { name } = record
  const checked = await check(spec?.input, given)
  if ('issues' in checked) throw jobError('invalid_input', { name, issues: checked.issues })
  const input = serialise(`input of job '${name}'`, given)
  if (!spec) return { input, limits: record.limits }
  const limits = spec.limits ?? []
  await queue.limits.declare(limits)
  return { input, limits: gatesFor(name, limits, checked.value) }
}
