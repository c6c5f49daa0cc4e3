/**
 * What a terminal acts on, and what breaks a line or turns it round: control characters with the escape sequences that they
 * begin, formats such as those of direction, and separators of lines. What is shown to people shows these as what they are.
 */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const ACTING_RUN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

/** A text on one line, with a space in the place of each such run. */
export function oneLine(text: string): string {
  return text.replaceAll(ACTING_RUN, ' ')
}

/** With each of them escaped, as JSON and JavaScript write it: short where there is a short one. */
export function visible(text: string): string {
  return text.replaceAll(ACTING, (character) => {
    const short = JSON.stringify(character).slice(1, -1)
    return short === character ? escaped(character) : short
  })
}

/** A character as `\\u001b`: in JSON text, the same value. */
export function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
