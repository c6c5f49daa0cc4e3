import { jobError } from '../job/errors.ts'
import { requireScheduleName } from '../job/names.ts'
import { serialise } from '../job/payload.ts'
import { newSchedule, type ScheduleRecord } from '../job/schedule.ts'
import { parseSchedule, type ScheduleOptions } from '../job/schedule-options.ts'
import { check } from '../job/schema.ts'
import type { AnyJobSpec } from '../job/typed.ts'
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
  const { job, input = null } = parsed.options
  const spec = await specOf(queue, { name, job: job as AnyJobSpec | string, specs })
  const checked = await check(spec.input, parsed.options.input)
  if ('issues' in checked) {
    const missing = parsed.options.input === undefined && { missing: true as const }
    throw jobError('invalid_input', { name: spec.name, issues: checked.issues, schedule: name, ...missing })
  }
  const json = serialise(`input of schedule '${name}'`, input)
  const scheduled = { spec, input: json, checked: checked.value, declared, nowMs }
  const schedule = newSchedule(name, parsed, scheduled)
  await queue.limits.declare(spec.limits)
  return queue.store.schedules.set(schedule)
}

async function specOf(
  queue: QueueInternals,
  { name, job, specs }: { name: string; job: AnyJobSpec | string; specs: GivenSchedule['specs'] },
): Promise<AnyJobSpec> {
  const known = knownSpec(queue, `schedule '${name}'`, job)
  return known ?? (specs && specNamed(specs, job as string)) ?? resolveName(queue, job as string)
}
