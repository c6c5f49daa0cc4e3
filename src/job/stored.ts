import type { Json } from './json.ts'
import type { Progress } from './progress.ts'
import { showableProgress } from './showable.ts'

/**
 * Values as they stand in a store: JSON, unless somebody has edited a row by hand. One such row must not take a list away,
 * nor the claim of a whole group: what cannot be read is shown as the text that it is, and marked. Whether a job may run
 * with it is another question: see `storedIssues`.
 */

/** The value, or the text that is no JSON; `undefined` where there is none. */
export function readStored(json: string | null): unknown {
  if (json === null) return undefined
  try {
    return JSON.parse(json)
  } catch {
    return marked(json)
  }
}

/** What is no value of its kind, as a text. */
export function marked(text: string, what = 'JSON'): string {
  return `[not ${what}] ${text}`
}

export function isJson(json: string): boolean {
  try {
    JSON.parse(json)
    return true
  } catch {
    return false
  }
}

/** A list of texts, such as tags; one that is none is a list of one marked text. */
export function readTexts(json: string): string[] {
  const value = readStored(json)
  return isTexts(value) ? value : [typeof value === 'string' ? value : marked(json, 'a list of texts')]
}

export function readContext(json: string): Readonly<Record<string, Json>> {
  const value = readStored(json)
  return isRecord(value) ? value : { '[not an object]': value as Json }
}

/** Progress in its own shape: whoever shows a message relies on its being a text. */
export function readProgress(json: string): Progress {
  const value = readStored(json)
  if (!isRecord(value)) return showableProgress(value)
  const { fraction, message } = value
  const isWell =
    (fraction === undefined || typeof fraction === 'number') &&
    (message === undefined || typeof message === 'string')
  return isWell ? value : showableProgress(value)
}

/** A time that a date can hold: one that cannot would throw wherever it is written out. */
export function toDate(ms: number): Date {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? new Date(ms > 0 ? LATEST_MS : 0) : date
}

/** The last millisecond that JavaScript knows. */
const LATEST_MS = 8.64e15

/** What a handler gets of a row beside its input. */
interface StoredValues {
  readonly tags: string | null
  readonly context: string | null
  readonly checkpoint: string | null
}

const NONE: readonly string[] = []

/** Why no handler may be given what stands in the row; none where it is as Millhand wrote it. */
export function storedIssues({ tags, context, checkpoint }: StoredValues): readonly string[] {
  // The hot path: most jobs have none of these.
  if (tags === null && context === null && checkpoint === null) return NONE
  return [
    ...(tags !== null && !isTexts(readStored(tags)) ? ['its tags in the store are no list of texts'] : []),
    ...(context !== null && !isRecord(readStored(context)) ? ['its context in the store is no object'] : []),
    ...(checkpoint !== null && !isJson(checkpoint) ? ['its checkpoint in the store is not JSON'] : []),
  ]
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isRecord(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
