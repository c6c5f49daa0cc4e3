import { styleText } from 'node:util'

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim'

/** Gives the text in a style; unchanged without one, and wherever colours are not wanted. */
export type Paint = (style: Style | undefined, text: string) => string

export const plain: Paint = (_, text) => text

const inColour: Paint = (style, text) =>
  style === undefined ? text : styleText(style, text, { validateStream: false })

/** Colours on a terminal alone, and not where somebody has asked for none (no-color.org). */
export function paintFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  return isTerminal && !env.NO_COLOR && env.TERM !== 'dumb' ? inColour : plain
}
