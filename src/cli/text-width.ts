import { oneLine } from '../kit/visible.ts'

/** Drawn over the character before them. */
const COMBINING = /^\p{M}$/u

/** Drawn two columns wide: East Asian letters and most pictures. */
const WIDE =
  /^(\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6])$/u

/** A text of several lines, with nothing else in it that a terminal would act on. */
export function harmless(text: string): string {
  return text.split('\n').map(oneLine).join('\n')
}

/** How many columns a terminal needs for a text. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

/** The text in at most `width` columns; where something is cut, `…` stands for it. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let cut = ''
  let used = 1
  for (const character of text) {
    used += columnsOf(character)
    if (used > width) break
    cut += character
  }
  return width > 0 ? `${cut}…` : ''
}

function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  return COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1
}
