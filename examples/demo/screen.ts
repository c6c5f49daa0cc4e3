import { styleText } from 'node:util'

/** What is going on, as far as it can be drawn. */
export interface Status {
  /** From 0 to 1; `undefined` while nobody knows how much there is. */
  fraction: number | undefined
  headline: string
  /** A line a worker. */
  workers: readonly string[]
}

const CLEAR_LINE_END = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
/** A line that is too long is cut by the terminal, so that a line is a line and can be counted. */
const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'

/** A terminal that does not say how high it is. */
const ROWS_IF_UNKNOWN = 24

const BAR_COLUMNS = 32
/** Without a terminal, a line of progress comes when this much time has passed, or this much of the work. */
const LINE_MS = 1_000
const LINE_STEPS = 10

/** Where the demo writes: lines, and on a terminal, below them, a picture of the moment that is drawn again in place. */
export class Screen {
  readonly #stream: NodeJS.WriteStream
  #picture: readonly string[] = []
  #drawn = 0
  #headline = ''
  #headlineMs = 0
  #step = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Whether a person watches. */
  get live(): boolean {
    return this.#stream.isTTY === true
  }

  say(line: string): void {
    this.#write([line])
  }

  draw({ fraction, headline, workers }: Status): void {
    if (this.live) {
      const bar = fraction === undefined ? '' : `${barOf(fraction)} `
      this.#picture = [`${bar}${this.bold(headline)}`, ...workers]
      this.#write([])
    } else if (this.#isTime(fraction ?? 0, headline)) {
      this.say(headline)
    }
  }

  get colourful(): boolean {
    return this.live && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  }

  bold(text: string): string {
    return this.colourful ? styleText('bold', text, { validateStream: false }) : text
  }

  /** Takes the picture away; what was said stays. */
  close(): void {
    this.#picture = []
    if (this.#drawn > 0) this.#write([])
  }

  #write(lines: readonly string[]): void {
    if (!this.live || (this.#drawn === 0 && this.#picture.length === 0)) {
      for (const line of lines) this.#stream.write(`${line}\n`)
      return
    }
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}F` : ''
    const said = linesOf(lines)
    const picture = this.#picture.slice(0, (this.#stream.rows ?? ROWS_IF_UNKNOWN) - 1)
    const cursor = picture.length > 0 ? HIDE_CURSOR : SHOW_CURSOR
    this.#stream.write(`${up}${said}${NO_WRAP}${linesOf(picture)}${CLEAR_BELOW}${WRAP}${cursor}`)
    this.#drawn = picture.length
  }

  #isTime(fraction: number, headline: string): boolean {
    const nowMs = performance.now()
    const step = Math.floor(fraction * LINE_STEPS)
    if (headline === this.#headline) return false
    if (step === this.#step && nowMs - this.#headlineMs < LINE_MS) return false
    this.#headline = headline
    this.#headlineMs = nowMs
    this.#step = step
    return true
  }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')
}

function barOf(fraction: number): string {
  const full = Math.round(Math.min(1, fraction) * BAR_COLUMNS)
  return `${'█'.repeat(full)}${'░'.repeat(BAR_COLUMNS - full)}`
}
