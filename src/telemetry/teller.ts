import { Emitter } from '../kit/emitter.ts'
import type { MillhandEvents } from './events.ts'
import { FailureLines } from './failure-lines.ts'
import { loggable } from './loggable.ts'
import { type Logger, logEvents } from './logger.ts'

interface Fault {
  readonly err: unknown
  /** That of a listener that threw. */
  readonly event?: keyof MillhandEvents
}

/** Who hears from the start of what a queue does. */
export interface Teller {
  listen(events: Emitter<MillhandEvents>): void
  warn(message: string, facts: { readonly err: unknown; readonly openTimeoutMs?: number }): void
  error(message: string, facts: Fault): void
}

const SILENT: Teller = { listen() {}, warn() {}, error() {} }

/** The caller's logger, or the standard error where there is none; nobody where it is `false`. */
export function tellerOf(logger: Logger | false | undefined): Teller {
  if (logger === false) return SILENT
  if (logger)
    return {
      listen: (events) => void logEvents(events, logger),
      warn: (message, facts) => logger.warn(loggable(facts), message),
      error: (message, facts) => logger.error(loggable(facts), message),
    }
  const lines = new FailureLines()
  const fault = (message: string, { err, event }: Fault) =>
    lines.fault(event === undefined ? message : `${message} of '${event}'`, err)
  return { listen: (events) => lines.listen(events), warn: fault, error: fault }
}

/** The events of a queue; what a listener of them throws is told. */
export function eventsFor(teller: Teller): Emitter<MillhandEvents> {
  const events = new Emitter<MillhandEvents>((err, event) => teller.error('listener_error', { err, event }))
  teller.listen(events)
  return events
}
