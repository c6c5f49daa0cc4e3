import type { StandardSchemaV1 } from '@standard-schema/spec'
import { asError } from '../kit/error.ts'

/** A schema of any library that speaks Standard Schema: Zod, Valibot, ArkType, … */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>

export type SchemaInput<S extends Schema> = StandardSchemaV1.InferInput<S>
export type SchemaOutput<S extends Schema> = StandardSchemaV1.InferOutput<S>

/** A value that fits, as the schema gives it, or what is wrong with it and where. */
export type Checked = { readonly value: unknown } | { readonly issues: readonly string[] }

/** How many issues a message names; a list of a thousand helps nobody. */
const ISSUES_SHOWN = 5

/** Checks a value against a schema. Synchronous where the schema is: the hot path does not pay for a promise. */
export function check(schema: Schema | undefined, value: unknown): Checked | Promise<Checked> {
  if (!schema) return { value }
  try {
    const result = schema['~standard'].validate(value)
    // Not by its class: a schema's promise may be of another realm or library, and taken for a value it would fit.
    return 'then' in result ? Promise.resolve(result).then(toChecked, threw) : toChecked(result)
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
  return { issues: [`the schema threw: ${asError(error).message}`] }
}

function toChecked(result: StandardSchemaV1.Result<unknown>): Checked {
  if (!result.issues) return { value: result.value }
  const shown = result.issues.slice(0, ISSUES_SHOWN).map(describe)
  const more = result.issues.length - shown.length
  return { issues: more > 0 ? [...shown, `and ${more} more`] : shown }
}

function describe(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))
  return path.length === 0 ? issue.message : `${path.join('.')}: ${issue.message}`
}
