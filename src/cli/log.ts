import { createRequire } from 'node:module'
import type { Logger as Pino } from 'pino'
import type { LogSettings } from '../config/index.ts'
import { formatDuration } from '../kit/duration.ts'
import { oneLine } from '../kit/visible.ts'
import { loggedError } from '../telemetry/logged-error.ts'
import { harmlessJson, painted, toJson } from './door.ts'
import { type Paint, paintFor, type Style } from './paint.ts'
import type { Stream } from './terminal.ts'

/**
 * Required, not imported: to import a CommonJS package, Node starts a parser in WebAssembly, and that stays. Measured on
 * Node 24: a worker at rest takes 74 MB this way, 85 MB the other.
 */
const { pino }: typeof import('pino') = createRequire(import.meta.url)('pino')

/** The logger of a worker: lines for people, or JSON for programs. */
export function makeLogger({ level, format, redact }: LogSettings, stream: Stream): Pino {
  const options = {
    level,
    base: { pid: process.pid },
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: (error: unknown) => pino.stdSerializers.err(loggedError(error)) },
    ...(redact && { redact: [...redact] }),
  }
  const lines = format === 'lines' || (format === 'auto' && stream.isTTY === true)
  if (!lines) return pino(options, { write: (line: string) => void stream.write(harmlessJson(line)) })
  const paint = paintFor(stream.isTTY === true, process.env)
  return pino(options, {
    write: (line: string) => void stream.write(`${painted(toLine(JSON.parse(line), paint))}\n`),
  })
}

interface LogEntry {
  readonly level: string
  readonly time: number
  readonly msg?: string
  readonly [fact: string]: unknown
}

const STYLES: Readonly<Record<string, Style | undefined>> = {
  debug: 'dim',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
}

/** What of a handler's or a module's is told whole: whoever reads it is to mend that. */
const WHOLE: readonly string[] = ['fail', 'retry', 'listener_error']

/** The frames of an error and what caused it, beneath its line; those of the database's troubles would only hide them. */
function stackLines(msg: string, err: unknown): string[] {
  const { stack } = Object(err) as { readonly stack?: unknown }
  if (!WHOLE.includes(msg) || typeof stack !== 'string') return []
  const beneath = stack.split('\n').filter((line) => /^\s+at |^caused by: /.test(line))
  return beneath.map((line) => oneLine(`    ${line.trim()}`))
}

/** One entry for people: the time of day, the level, what happened to which job, and the facts in short. */
function toLine({ level, time, msg = '', pid: _, ...facts }: LogEntry, paint: Paint): string {
  const clock = new Date(time).toTimeString().slice(0, CLOCK_CHARACTERS)
  const { name, id, worker, ...others } = facts
  const job = id === undefined ? [] : [name, id].map(String)
  // Every line of a worker is about the same worker: it is said when it starts and when it stops.
  const rest = id === undefined ? { name, worker, ...others } : others
  const words = Object.entries(rest).flatMap(([fact, value]) => factWords(fact, value))
  const text = [msg, ...job, ...words].map(oneLine).join(' ')
  const line = `${paint('dim', clock)} ${paint(STYLES[level], level.padEnd(LEVEL_CHARACTERS))} ${text}`
  return [line, ...stackLines(msg, facts.err).map((frame) => paint('dim', frame))].join('\n')
}

const CLOCK_CHARACTERS = 'hh:mm:ss'.length
const LEVEL_CHARACTERS = 'error'.length

function factWords(name: string, value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (name === 'err') return [`error=${messageOf(value)}`]
  if (typeof value === 'number' && name.endsWith('Ms'))
    return [`${name.slice(0, -2)}=${formatDuration(value)}`]
  return [`${name}=${typeof value === 'object' ? toJson(value) : String(value)}`]
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? toJson(error.message)
    : String(error)
}
