import { inspect } from 'node:util'

const SHOWN_CHARACTERS = 400

/** A value on one line of a message. */
export function shown(value: unknown): string {
  const text = inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY })
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
}
