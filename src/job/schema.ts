import type { StandardSchemaV1 } from '@standard-schema/spec'
import { messageOf, preview, safeText } from '../kit/error.ts'
import { withoutPassword } from '../kit/secrets.ts'
import { adopt, isThenable } from '../kit/thenable.ts'
import { storableText } from './text.ts'

/** A schema of any library that speaks Standard Schema: Zod, Valibot, ArkType, … */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>

export type SchemaInput<S extends Schema> = StandardSchemaV1.InferInput<S>
export type SchemaOutput<S extends Schema> = StandardSchemaV1.InferOutput<S>

/** A value that fits, as the schema gives it, or what is wrong with it and where. */
export type Checked = { readonly value: unknown } | { readonly issues: readonly string[] }

/** How many issues a message names; a list of a thousand helps nobody. */
const ISSUES_SHOWN = 5
/** Longest text of one issue, and the most steps of its path. */
const ISSUE_CHARACTERS = 500
const STEPS_SHOWN = 20

/**
 * Checks a value against a schema. Synchronous where the schema is: the hot path does not pay for a promise. It never
 * throws or rejects, and fails closed: an answer that is neither a value nor issues fits nothing.
 */
export function check(schema: Schema | undefined, value: unknown): Checked | Promise<Checked> {
  if (!schema) return { value }
  try {
    const answer: unknown = schema['~standard'].validate(value)
    // Not by its class: a schema's promise may be of another realm or library, and taken for a value it would fit.
    return isThenable(answer) ? adopt(answer).then(toChecked).catch(threw) : toChecked(answer)
  } catch (error) {
    return threw(error)
  }
}

/**
 * Checks an input as it was stored. JSON has no word for undefined: an input that was left out is stored as null, and
 * is undefined again for a schema that wants that.
 */
export function checkStored(schema: Schema | undefined, value: unknown): Checked | Promise<Checked> {
  return schema && value === null ? checkNull(schema) : check(schema, value)
}

async function checkNull(schema: Schema): Promise<Checked> {
  const asNull = await check(schema, null)
  if (!('issues' in asNull)) return asNull
  const asUndefined = await check(schema, undefined)
  return 'issues' in asUndefined ? asNull : asUndefined
}

/** A schema ought not to throw; one that does has refused the value. */
function threw(error: unknown): Checked {
  return { issues: [issueText(`the schema threw: ${messageOf(error)}`)] }
}

function toChecked(answer: unknown): Checked {
  if (typeof answer !== 'object' || answer === null) return malformed(answer)
  const { issues } = answer as { readonly issues?: unknown }
  if (issues === undefined) return 'value' in answer ? { value: answer.value } : malformed(answer)
  return Array.isArray(issues) ? { issues: describeAll(issues) } : malformed(answer)
}

function malformed(answer: unknown): Checked {
  return { issues: [`the schema answered ${preview(answer)}, expected { value } or { issues: […] }`] }
}

function describeAll(issues: readonly unknown[]): string[] {
  const shown = issues.slice(0, ISSUES_SHOWN).map(describe)
  if (shown.length === 0) return ['the schema refuses it, and does not say why']
  const more = issues.length - shown.length
  return more > 0 ? [...shown, `and ${more} more`] : shown
}

function describe(given: unknown): string {
  const issue = given as Partial<StandardSchemaV1.Issue> | null | undefined
  const message = safeText(() => issue?.message) ?? preview(given)
  const path = safeText(() => (issue?.path ?? []).slice(0, STEPS_SHOWN).map(stepOf).join('.')) ?? ''
  return issueText(path === '' ? message : `${path}: ${message}`)
}

/** Masked before it is cut: half of a URL is not known for one any more. */
function issueText(text: string): string {
  return storableText(withoutPassword(text), ISSUE_CHARACTERS)
}

function stepOf(step: PropertyKey | StandardSchemaV1.PathSegment): string {
  return storableText(String(typeof step === 'object' ? step.key : step), ISSUE_CHARACTERS)
}
