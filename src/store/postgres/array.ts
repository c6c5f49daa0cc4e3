/** What an element of an array may be. */
export type Element = string | number | null

const SPECIAL = /["\\]/
const EACH_SPECIAL = /["\\]/g

/**
 * An array as PostgreSQL reads it (postgresql.org/docs/current/arrays.html, "Array Input and Output Syntax"). The
 * client can write one too, at three times the cost: it looks at each number as if it were a text.
 */
export function arrayLiteral(elements: readonly Element[]): string {
  if (typeof elements[0] === 'number' && !elements.includes(null)) return `{${elements.join(',')}}`
  let literal = '{'
  for (const element of elements) {
    if (literal.length > 1) literal += ','
    literal += element === null ? 'NULL' : typeof element === 'number' ? element : quote(element)
  }
  return `${literal}}`
}

function quote(text: string): string {
  return SPECIAL.test(text) ? `"${text.replaceAll(EACH_SPECIAL, '\\$&')}"` : `"${text}"`
}
