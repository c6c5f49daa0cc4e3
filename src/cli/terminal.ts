import { painted, toJson } from './door.ts'
import { type Paint, paintFor, plain } from './paint.ts'
import { type Column, tableLines } from './table.ts'
import { harmless } from './text-width.ts'

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

/**
 * Where a command writes: results for people or for programs to stdout, everything else to stderr. Whatever it is given,
 * nothing of it but its own styles makes a terminal do anything.
 */
export class Terminal {
  readonly json: boolean
  readonly paint: Paint
  /** For what goes to stderr, which may be another terminal. */
  readonly #paintNote: Paint
  readonly stdout: Stream
  readonly #stderr: Stream

  constructor({ stdout, stderr, env, json }: TerminalOptions) {
    this.json = json
    this.stdout = stdout
    this.#stderr = stderr
    this.paint = json ? plain : paintFor(stdout.isTTY === true, env)
    this.#paintNote = json ? plain : paintFor(stderr.isTTY === true, env)
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
    if (this.json) this.stdout.write(`${toJson(value)}\n`)
    else for (const line of [lines()].flat()) this.stdout.write(`${this.#fit(line)}\n`)
  }

  /** What is not the result: warnings, and what is going on. For people alone: a program finds an error there, or nothing. */
  note(text: string): void {
    if (!this.json) this.#stderr.write(`${harmless(text)}\n`)
  }

  /** How far something is that is done piece by piece, where it goes on. */
  progress(done: number, total: number, what: string): void {
    if (done < total) this.note(`${done} of ${total} ${what}`)
  }

  /** What went wrong: words for people, a document for programs. */
  fail(text: string, document: object): void {
    if (this.json) this.#stderr.write(`${toJson(document)}\n`)
    else this.refuse(text)
  }

  /** One of several things that were not done, while the rest was; for programs it is in the result. */
  refuse(text: string): void {
    if (!this.json) this.#stderr.write(`${this.#paintNote('red', 'error:')} ${harmless(text)}\n`)
  }

  #fit(text: string): string {
    return this.paint === plain ? harmless(text) : painted(text)
  }

  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
    return tableLines(columns, rows, { width: this.width, paint: this.paint })
  }
}
