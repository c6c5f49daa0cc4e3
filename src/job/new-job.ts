import { formatDuration } from '../kit/duration.ts'
import { optionError } from '../kit/options.ts'
import { withCache } from './cache.ts'
import { type ParsedEnqueue, parseEnqueue } from './enqueue-options.ts'
import { groupFor } from './group.ts'
import { gatesFor, withGroup, withRequirements } from './job-gates.ts'
import { type KeyRule, keptMsOf, unlessPlain } from './key.ts'
import type { DefinedLimit } from './limit.ts'
import { readLimits } from './limit-conflicts.ts'
import { requireLabel, requireQueueName, requireTags } from './names.ts'
import { serialise } from './payload.ts'
import { type Requirement, requirementsText } from './requirements.ts'
import type { AnyJobSpec } from './typed.ts'

/** A job to insert. Times are relative where they may be, since only the store's clock counts. */
export interface NewJob {
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly priority: number
  readonly input: string
  readonly key: string | null
  /** What is said of the key; nothing where it is held while its job is unfinished, and gives that one. */
  readonly keyRule?: KeyRule | undefined
  readonly tags: string | null
  readonly context: string | null
  readonly retries: number
  readonly timeoutMs: number | null
  readonly delayMs: number
  /** An absolute due time, in milliseconds since the epoch; wins over `delayMs`. */
  readonly runAtMs: number | null
  readonly expiresInMs: number | null
  /** For all attempts together, from when it is stored; nothing, or `null`, where they may take for ever. */
  readonly deadlineMs?: number | null | undefined
  /** See `JobRecord`. */
  readonly limits: string | null
  /** The id of the job that it is a rerun of. */
  readonly rerunOf?: string
}

/** What is made of a job before its options are looked at. */
interface Stored {
  readonly id: string
  readonly input: string
  readonly checked: unknown
  /** By the clock of whoever enqueues, where it is due at a time: whether that is too late can be told then. */
  readonly nowMs?: number | undefined
}

/** What one call says about its job, and the limits that it holds it to: each read once. */
export interface Terms {
  readonly options: ParsedEnqueue
  readonly limits: readonly DefinedLimit[]
}

/**
 * What a call says about a job of this spec; its limits are those of the call, or those of its definition.
 *
 * @throws MillhandError `invalid_option`, `invalid_name`, `conflicting_limits`
 */
export function termsOf(spec: AnyJobSpec, options: ParsedEnqueue = parseEnqueue('enqueue')): Terms {
  const limits =
    options.limits === undefined ? (spec.limits ?? []) : readLimits('enqueue', spec.name, options.limits)
  return { options, limits }
}

/**
 * The job to insert for a spec, its checked input as JSON, and what the call says about it.
 *
 * @throws MillhandError `invalid_option`, `invalid_name`, `not_serialisable`, `payload_too_large`, `invalid_limit_key`,
 *   `invalid_group`
 */
export function newJob(spec: AnyJobSpec, job: Stored, { options: parsed, limits }: Terms): NewJob {
  const passes = withCache(limits, spec.cache)
  const made: NewJob = {
    id: job.id,
    name: spec.name,
    queue: parsed.queue === undefined ? spec.queue : requireQueueName(parsed.queue),
    priority: parsed.priority ?? spec.priority,
    input: job.input,
    key: parsed.key === undefined ? null : requireLabel('key', parsed.key),
    keyRule: parsed.key === undefined ? withoutKey(parsed) : keyRule(parsed, spec),
    tags: parsed.tags?.length ? JSON.stringify(requireTags(parsed.tags)) : null,
    context: parsed.context === undefined ? null : serialise('context', parsed.context),
    retries: parsed.retries ?? spec.retries,
    timeoutMs: parsed.timeout ?? null,
    delayMs: parsed.delay ?? 0,
    runAtMs: parsed.runAt?.getTime() ?? null,
    expiresInMs: parsed.expiresIn ?? spec.expiresInMs ?? null,
    deadlineMs: parsed.deadline ?? spec.deadlineMs ?? null,
    limits: withRequirements(
      withGroup(
        passes.length === 0 ? null : gatesFor(spec.name, passes, job.checked),
        groupOf(spec, parsed.group, job.checked),
      ),
      requirementsOf(spec, parsed.requires),
    ),
  }
  requireInTime(made, parsed, job.nowMs)
  return made
}

/** What fails before it is due would never run. */
function requireInTime(job: NewJob, given: ParsedEnqueue, nowMs: number | undefined): void {
  const { runAtMs, expiresInMs, deadlineMs } = job
  const waitsMs = runAtMs === null ? job.delayMs : runAtMs - (nowMs ?? runAtMs)
  const afterMs = Math.min(expiresInMs ?? Number.POSITIVE_INFINITY, deadlineMs ?? Number.POSITIVE_INFINITY)
  if (waitsMs < afterMs) return
  const ends = afterMs === expiresInMs ? 'expiresIn' : 'deadline'
  const whose = given[ends] === undefined ? ` of job '${job.name}'` : ''
  throw optionError('invalid_option', {
    component: 'enqueue',
    option: runAtMs === null ? 'delay' : 'runAt',
    expected: `less than the '${ends}'${whose}, ${formatDuration(afterMs)}: it would fail before it is due, and never run`,
    got: `${formatDuration(waitsMs)}${runAtMs === null ? '' : ' from now'}`,
  })
}

type KeyOptions = Pick<ParsedEnqueue, 'keyScope' | 'onConflict'>

function keyRule({ keyScope, onConflict }: KeyOptions, spec: AnyJobSpec): KeyRule | undefined {
  return unlessPlain({
    keptMs: keyScope === undefined ? (spec.keyScopeMs ?? 0) : keptMsOf(keyScope),
    onConflict: onConflict ?? spec.onConflict ?? 'existing',
  })
}

/** What is said of a key needs one. */
function withoutKey({ keyScope, onConflict }: KeyOptions): undefined {
  if (keyScope === undefined && onConflict === undefined) return undefined
  const [option, tells] =
    keyScope === undefined
      ? ['onConflict', 'what happens where that is held']
      : ['keyScope', 'how long that is held']
  const expected = `a 'key' beside it: it says ${tells}`
  throw optionError('invalid_option', { component: 'enqueue', option, expected, got: 'given without one' })
}

/** What the call says, or its definition. */
function groupOf(spec: AnyJobSpec, given: string | undefined, input: unknown): string {
  return given === undefined ? groupFor(spec.name, spec.group, input) : requireLabel('group', given)
}

/** What a job requires of its worker: what the call says, or its definition. */
function requirementsOf(spec: AnyJobSpec, given: readonly Requirement[] | undefined): string {
  return given === undefined ? (spec.requirements ?? '') : requirementsText('enqueue', given)
}
