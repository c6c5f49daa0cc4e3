import { painted } from './door.ts'
import type { Stream } from './terminal.ts'

const CLEAR_BELOW = '\u001b[J'
const CLEAR_LINE_END = '\u001b[K'
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** A line that is too long is cut by the terminal, so that a line is a line and can be counted. */
const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'
/** A terminal that does not say how high it is. */
const ROWS_IF_UNKNOWN = 24

/** A part of the terminal that is drawn again in place. */
export class Screen {
  readonly #stream: Stream
  #drawn = 0

  constructor(stream: Stream) {
    this.#stream = stream
  }

  draw(lines: readonly string[]): void {
    const fitting = lines.slice(0, (this.#stream.rows ?? ROWS_IF_UNKNOWN) - 1)
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}F` : ''
    const text = fitting.map((line) => `${painted(line).replaceAll('\n', ' ')}${CLEAR_LINE_END}\n`).join('')
    this.#stream.write(`${HIDE_CURSOR}${NO_WRAP}${up}${text}${CLEAR_BELOW}${WRAP}`)
    this.#drawn = fitting.length
  }

  /** Leaves what was drawn last and gives the cursor back. */
  close(): void {
    this.#stream.write(SHOW_CURSOR)
  }
}
