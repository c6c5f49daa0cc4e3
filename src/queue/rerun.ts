import { around } from '../job/around.ts'
import { renewing, withCache, withoutCache } from '../job/cache.ts'
import { type EnqueueOptions, type ParsedEnqueue, parseEnqueue } from '../job/enqueue-options.ts'
import { jobError } from '../job/errors.ts'
import type { RerunOptions } from '../job/handle.ts'
import { AROUND_ENQUEUE } from '../job/hook-changes.ts'
import type { EnqueueCall } from '../job/hooks.ts'
import type { JobRecord } from '../job/job.ts'
import { gatesFor, groupIn, requirementsIn, withGroup, withRequirements } from '../job/job-gates.ts'
import { requireLabel } from '../job/names.ts'
import { type NewJob, newJob, termsOf } from '../job/new-job.ts'
import { serialise } from '../job/payload.ts'
import { gatesWithin } from '../job/queue-gates.ts'
import { requirementsText } from '../job/requirements.ts'
import { check } from '../job/schema.ts'
import { readContext, readStored, readTexts } from '../job/stored.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { type FieldsOf, orNull, parseOptions } from '../kit/options.ts'
import type { Inserted } from '../store/jobs.ts'
import { insertOne } from './inserting.ts'
import { type QueueInternals, requireOutside } from './internals.ts'
import { bareSpec, specNamed } from './known-specs.ts'
import { askedFor, type NamedJob, readNamed } from './named-job.ts'

/** Which job is run anew, and how. */
interface Asked {
  readonly old: NamedJob
  readonly options?: RerunOptions | undefined
}

const rerunFields = {
  input: orNull({ expected: 'an input', parse: (input: unknown) => input }),
} satisfies FieldsOf<RerunOptions>

/** What a call named: an id, or a definition and an id. @throws MillhandError `invalid_option`, `invalid_name` */
export function rerunAsked(first: AnyJobSpec | string, rest: readonly unknown[]): Asked {
  const [id, options] = typeof first === 'string' ? [undefined, rest[0]] : rest
  return { old: askedFor('rerun', first, id), options: options as RerunOptions }
}

/** A job that is run anew, and the call that would enqueue it as it is. */
interface Old {
  readonly record: JobRecord
  /** Its definition, where that is known. */
  readonly spec: AnyJobSpec | undefined
  readonly call: EnqueueCall
  /** Whether the input is another one than it had. */
  readonly isEdited: boolean
}

/**
 * Stores a new job for another run of an old one, with its input or an edited one. What else that was enqueued with it keeps,
 * but for its due time, when it expires, and its deadline: those are what the definition says, where that is known. It passes
 * through the hooks of its queue as any job that is enqueued.
 *
 * @throws MillhandError `job_not_found`, `other_job`, `invalid_input`, `not_serialisable`, `payload_too_large`,
 *   `invalid_limit_key`, `queue_full`, `unknown_option`, `invalid_option`, `inside_transaction`; what a hook throws
 */
export async function rerunJob(queue: QueueInternals, asked: Asked): Promise<Inserted> {
  requireOutside(queue, 'rerun')
  const { input } = parseOptions('rerun', rerunFields, asked.options ?? {})
  const record = await readNamed(queue.store, asked.old)
  const spec = asked.old.spec ?? specNamed(queue.specs, record.name)
  const isEdited = input !== undefined
  const call: EnqueueCall = {
    job: spec ?? bareSpec(record.name),
    input: isEdited ? input : readStored(record.input),
    options: optionsOf(record),
  }
  const through = around<EnqueueCall, Inserted>(queue.aroundEnqueue, AROUND_ENQUEUE)
  return through(call, (changed) => store(queue, { record, spec, call, isEdited }, changed))
}

/** What it was enqueued with, as a call would say it. */
function optionsOf(record: JobRecord): EnqueueOptions {
  const { queue, priority, retries, key, tags, context, timeoutMs, limits } = record
  const group = groupIn(limits)
  return {
    ...{ queue, priority, retries },
    ...(key !== null && { key }),
    ...(tags !== null && { tags: readTexts(tags) }),
    ...(context !== null && { context: readContext(context) }),
    ...(timeoutMs !== null && { timeout: timeoutMs }),
    ...(group !== '' && { group }),
  }
}

/**
 * What the hooks leave as it was is stored as it was, whatever somebody has written into its row: its limits too, where they
 * change no more than what it requires.
 */
async function store(queue: QueueInternals, old: Old, { input, options }: EnqueueCall): Promise<Inserted> {
  const { record, spec, call } = old
  const changed = options === call.options ? undefined : parseEnqueue('rerun', options)
  const isEdited = old.isEdited || input !== call.input
  const job = {
    ...kept(record, spec),
    ...(changed && asSaid(call.job, record, changed)),
    ...((isEdited || changed?.limits) && (await edited(queue, { ...old, changed }, input))),
  }
  const required = changed?.requires
    ? requirementsText('rerun', changed.requires)
    : requirementsIn(record.limits)
  const group = changed ? labelled(changed.group) : groupIn(record.limits)
  const limits = withRequirements(withGroup(renewing(job.limits), group), required)
  return insertOne(queue, { ...job, limits, id: queue.ids(), rerunOf: record.id }, changed?.tx)
}

/** Its group is as its key: what the hooks leave of it. */
function labelled(group: string | undefined): string {
  return group === undefined ? '' : requireLabel('group', group)
}

function kept(record: JobRecord, spec: AnyJobSpec | undefined): Omit<NewJob, 'id'> {
  const { name, queue, priority, input, key, tags, context, retries, timeoutMs, limits } = record
  const times = { expiresInMs: spec?.expiresInMs ?? null, deadlineMs: spec?.deadlineMs ?? null }
  const fields = { name, queue, priority, input, key, tags, context, retries, timeoutMs }
  // The store gives it those of its queue.
  return { ...fields, limits: gatesWithin(limits, undefined), ...times, delayMs: 0, runAtMs: null }
}

/** What the hooks have made of its options; its key is held as long as any, unless they say more of it. */
function asSaid(spec: AnyJobSpec, { input }: JobRecord, options: ParsedEnqueue): Partial<NewJob> {
  const plain = { ...spec, keyScopeMs: undefined, onConflict: undefined, cache: undefined }
  const {
    id: _,
    name: _name,
    input: _input,
    limits: _limits,
    ...said
  } = newJob(plain, { id: '', input, checked: undefined }, { options, limits: [] })
  return said
}

/**
 * Checked at the door, as by `enqueue`, where a definition with a schema is known; else the worker does it. A key of its limits
 * may be another one for this input: where the definition is known, they are those of that. Where it is not, what it comes to is the
 * result of no other.
 */
async function edited(
  queue: QueueInternals,
  { record, spec, call, changed }: Old & { readonly changed: ParsedEnqueue | undefined },
  given: unknown,
): Promise<Pick<NewJob, 'input' | 'limits'>> {
  const { name } = record
  const checked = await check(spec?.input, given)
  if ('issues' in checked) throw jobError('invalid_input', { name, issues: checked.issues })
  const input = serialise(`input of job '${name}'`, given === undefined ? null : given)
  if (!spec && !changed?.limits) return { input, limits: withoutCache(gatesWithin(record.limits, undefined)) }
  const { limits } = termsOf(call.job, changed)
  await queue.limits.declare(limits, changed?.tx)
  return { input, limits: gatesFor(name, withCache(limits, call.job.cache), checked.value) }
}
