import { EVENTS_ELSEWHERE } from '../job/elsewhere.ts'
import { PENDING_MAX } from '../job/limits.ts'
import { isError, preview } from '../kit/error.ts'
import { nearestOf } from '../kit/hint.ts'
import { listOf } from '../kit/list.ts'
import { type AnyField, isFunction, optionError, parseOptions } from '../kit/options.ts'
import type { EventName } from '../telemetry/events.ts'
import { EVENT_NAMES } from '../telemetry/logger.ts'

/** One id, as a call takes it. @throws MillhandError `invalid_option` */
export function requireId(component: string, id: unknown, before?: unknown): string {
  if (typeof id === 'string') return id
  const hint =
    before === undefined ? {} : { hint: ` Given was ${preview(before)} alone: ${component}(job, id).` }
  throw refused(component, 'id', { expected: "a job's id, which is a text", got: id, ...hint })
}

const IDS = "a job's id, or a list of ids (for those that fit a filter: list them first)"

/** One id or several, read once. @throws MillhandError `invalid_option` */
export function requireIds(component: string, ids: unknown, expected = IDS): readonly string[] {
  if (typeof ids === 'string') return [ids]
  const listed = readList(ids)
  if (listed?.every((id) => typeof id === 'string')) return listed
  throw refused(component, 'ids', { expected, got: ids })
}

/** Why something is done: a text. An error stands for its message, as where a signal's reason is passed on. */
export function requireReason(component: string, reason: unknown): unknown {
  if (typeof reason === 'string' || isError(reason)) return reason
  throw refused(component, 'reason', { expected: "a text, such as 'no longer needed'", got: reason })
}

/** The one argument that is given by its name, read as an option would be. @throws MillhandError `invalid_option` */
export function requireArgument<One extends AnyField>(
  component: string,
  given: Readonly<Record<string, unknown>>,
  field: One,
): NonNullable<ReturnType<One['parse']>> {
  const [[option, got]] = Object.entries(given) as [[string, unknown]]
  const read = parseOptions(component, { [option]: field }, given)[option]
  if (read === undefined) throw refused(component, option, { expected: field.expected, got })
  return read as NonNullable<ReturnType<One['parse']>>
}

/** @throws MillhandError `invalid_option` */
export function requireFunction(component: string, option: string, given: unknown): void {
  if (!isFunction(given)) throw refused(component, option, { expected: 'a function', got: given })
}

/** @throws MillhandError `invalid_option` */
export function requireEvent(component: string, name: unknown): void {
  if (EVENT_NAMES.includes(name as EventName)) return
  const hint = nearestOf(EVENT_NAMES, EVENTS_ELSEWHERE)(name)
  const expected = `one of ${EVENT_NAMES.join(', ')}`
  throw refused(component, 'name', { expected, got: name, ...(hint !== '' && { hint }) })
}

function readList(given: unknown): readonly unknown[] | undefined {
  try {
    return listOf(given, PENDING_MAX)
  } catch {
    return undefined
  }
}

interface Refusal {
  readonly expected: string
  readonly got: unknown
  readonly hint?: string
}

function refused(component: string, option: string, { got, ...said }: Refusal) {
  return optionError('invalid_option', { component, option, ...said, got: preview(got) })
}
