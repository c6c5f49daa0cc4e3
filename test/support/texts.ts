import fc from 'fast-check'

const SURROGATES = { first: 0xd800, count: 0x800 }
const LAST_CHARACTER = 0x10ffff

/**
 * Any character of Unicode, as a unit of `fc.string`. The one that fast-check has makes a table of all million of them
 * first, which takes longer than the tests that ask for it.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .nat(LAST_CHARACTER - SURROGATES.count)
  .map(characterAt, placeOf)

function characterAt(place: number): string {
  return String.fromCodePoint(place < SURROGATES.first ? place : place + SURROGATES.count)
}

/** By which fast-check knows that a text could have come of it, such as `__proto__`, which it likes to try. */
function placeOf(character: unknown): number {
  const code = typeof character === 'string' ? character.codePointAt(0) : undefined
  if (code === undefined || String.fromCodePoint(code) !== character) throw new Error('not one character')
  return code < SURROGATES.first ? code : code - SURROGATES.count
}
