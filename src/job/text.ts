/** A text that is not longer than anybody reads. */
export function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters - 1)}…` : text
}

/**
 * A text as every store can keep it, and not longer than anybody reads. PostgreSQL refuses NUL, and with it the whole
 * group of writes that it came in; SQLite would give back what stands before it. What is JSON has it as an escape.
 */
export function storable(text: string, characters: number): string {
  return cut(text, characters).toWellFormed().replaceAll('\0', '\ufffd')
}
