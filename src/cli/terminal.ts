import { type Paint, paintFor } from './paint.ts'
import { type Column, tableLines } from './table.ts'

/** What a command writes to: `process.stdout`, or what a test gives. */
export interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

interface TerminalOptions {
  readonly stdout: Stream
  readonly stderr: Stream
  readonly env: Readonly<Record<string, string | undefined>>
  /** The output is for a program. */
  readonly json: boolean
}

/** Where a command writes: results for people or for programs to stdout, everything else to stderr. */
export class Terminal {
  readonly json: boolean
  readonly paint: Paint
  readonly stdout: Stream
  readonly #stderr: Stream

  constructor({ stdout, stderr, env, json }: TerminalOptions) {
    this.json = json
    this.stdout = stdout
    this.#stderr = stderr
    this.paint = json ? paintFor(false, env) : paintFor(stdout.isTTY === true, env)
  }

  /** Whether a person watches, so that lines may be redrawn. */
  get interactive(): boolean {
    return this.stdout.isTTY === true && !this.json
  }

  /** Columns; as many as a line needs where there is no terminal. */
  get width(): number {
    return this.stdout.isTTY === true ? (this.stdout.columns ?? 80) : Number.POSITIVE_INFINITY
  }

  /** The result of a command: a JSON document, or the lines that say it to people. */
  show(value: unknown, lines: () => string | readonly string[]): void {
    const shown = this.json ? JSON.stringify(value) : lines()
    for (const line of [shown].flat()) this.line(line)
  }

  line(text: string): void {
    this.stdout.write(`${text}\n`)
  }

  /** What is not the result: warnings, and what is going on. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`)
  }

  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
    return tableLines(columns, rows, { width: this.width, paint: this.paint })
  }
}
