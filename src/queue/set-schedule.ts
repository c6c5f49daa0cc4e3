import { jobError } from '../job/errors.ts'
import { requireScheduleName } from '../job/names.ts'
import { serialise } from '../job/payload.ts'
import { type NewSchedule, newSchedule, type ScheduleRecord } from '../job/schedule.ts'
import { type ParsedSchedule, parseSchedule, type ScheduleOptions } from '../job/schedule-options.ts'
import { check } from '../job/schema.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { systemClock } from '../kit/clock.ts'
import type { QueueInternals } from './internals.ts'
import { knownSpec, resolveName, specNamed } from './known-specs.ts'

/** A schedule as somebody gives it. */
interface GivenSchedule {
  readonly name: string
  readonly options: ScheduleOptions
  /** Whether a worker declares it. */
  readonly declared: boolean
  /** Definitions that are known besides those of the queue. */
  readonly specs?: ReadonlyMap<string, AnyJobSpec>
}

/**
 * Checks a schedule at the door, its job's input as well, and stores it. Its ticks are reckoned by the store's clock.
 *
 * @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `unknown_job`, `invalid_input`,
 *   `not_serialisable`, `payload_too_large`
 */
export async function setSchedule(
  queue: QueueInternals,
  { name: given, options, declared, specs }: GivenSchedule,
): Promise<ScheduleRecord> {
  const name = requireScheduleName(given)
  const nowMs = await queue.store.now()
  const parsed = parseSchedule(name, options, nowMs)
  const spec = await specOf(queue, { name, job: parsed.options.job as AnyJobSpec | string, specs })
  const schedule = await checkedSchedule(name, parsed, { spec, declared, nowMs })
  await queue.limits.declare(spec.limits)
  return queue.store.schedules.set(schedule)
}

/**
 * Checks a schedule as setting it does, but stores nothing: all of it where its job is one of `specs`, else its options alone.
 *
 * @throws MillhandError as `setSchedule`
 */
export async function requireSchedule(
  given: string,
  options: ScheduleOptions,
  specs: ReadonlyMap<string, AnyJobSpec>,
): Promise<void> {
  const name = requireScheduleName(given)
  const nowMs = systemClock.now()
  const parsed = parseSchedule(name, options, nowMs)
  const spec = knownSpec({ specs }, `schedule '${name}'`, parsed.options.job as AnyJobSpec | string)
  if (spec) await checkedSchedule(name, parsed, { spec, declared: true, nowMs })
}

interface Scheduling {
  readonly spec: AnyJobSpec
  readonly declared: boolean
  readonly nowMs: number
}

async function checkedSchedule(
  name: string,
  parsed: ParsedSchedule,
  { spec, declared, nowMs }: Scheduling,
): Promise<NewSchedule> {
  const { input = null } = parsed.options
  const checked = await check(spec.input, parsed.options.input)
  if ('issues' in checked) {
    const missing = parsed.options.input === undefined && { missing: true as const }
    throw jobError('invalid_input', { name: spec.name, issues: checked.issues, schedule: name, ...missing })
  }
  const json = serialise(`input of schedule '${name}'`, input)
  return newSchedule(name, parsed, { spec, input: json, checked: checked.value, declared, nowMs })
}

async function specOf(
  queue: QueueInternals,
  { name, job, specs }: { name: string; job: AnyJobSpec | string; specs: GivenSchedule['specs'] },
): Promise<AnyJobSpec> {
  const known = knownSpec(queue, `schedule '${name}'`, job)
  return known ?? (specs && specNamed(specs, job as string)) ?? resolveName(queue, job as string)
}
