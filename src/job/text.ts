/**
 * Texts that people write and read: reasons, log messages, the words of an error, the name of a worker. Not every
 * database can hold every text: PostgreSQL knows no NUL, and half of a surrogate pair has no UTF-8. What is only read
 * is mended, the same for every store; what is compared (names, keys, tags) is refused instead: see names.ts. Values
 * are JSON, which escapes both and is stored as it is.
 */

/** How a NUL is shown. */
const NUL_SYMBOL = '␀'

/** The text as every store can hold it, and not longer than `characters`. */
export function storableText(text: string, characters = Number.POSITIVE_INFINITY): string {
  const cut = text.length > characters ? `${text.slice(0, characters - 1)}…` : text
  return cut.toWellFormed().replaceAll('\0', NUL_SYMBOL)
}

/** Whether every store can hold the text as it is: if not, there is nothing of that name in any of them. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}
