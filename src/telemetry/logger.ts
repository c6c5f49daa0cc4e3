import type { Progress } from '../job/progress.ts'
import type { Emitter } from '../kit/emitter.ts'
import type { EventName, MillhandEvents } from './events.ts'
import { loggable } from './loggable.ts'

/** What Millhand needs of a logger: that of pino, and of most others. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
  /** Whether this level is written at all; every level by default. */
  isLevelEnabled?(level: string): boolean
}

/** The level at which each event is logged; nothing is logged twice, nothing that holds a payload is logged. */
const LEVELS = {
  enqueue: 'debug',
  claim: 'debug',
  start: 'debug',
  progress: 'debug',
  checkpoint: 'debug',
  complete: 'info',
  fail: 'error',
  retry: 'warn',
  call_error: 'warn',
  snooze: 'info',
  release: 'info',
  cancel: 'info',
  refuse: 'warn',
  abandon: 'warn',
  cleanup_error: 'error',
  rescue: 'warn',
  tick: 'debug',
  tick_refused: 'error',
  expire: 'warn',
  prune: 'info',
  pause: 'info',
  resume: 'info',
  no_worker: 'warn',
  worker_start: 'info',
  worker_order: 'info',
  worker_stop: 'info',
  lease_lost: 'error',
  loop_blocked: 'error',
  store_retry: 'warn',
  store_back: 'warn',
  loop_error: 'error',
} as const satisfies Record<EventName, keyof Logger>

export const EVENT_NAMES = Object.freeze(Object.keys(LEVELS)) as readonly EventName[]

/**
 * Logs every event with its facts; the verb is the message. No payload: of progress only how far it is and what it says,
 * of errors what `loggedError` leaves. Stops when the returned function is called.
 */
export function logEvents(events: Emitter<MillhandEvents>, logger: Logger): () => void {
  const stops = EVENT_NAMES.map((name) =>
    events.on(name, (facts) => {
      // The hot path: what nobody is going to read need not be copied.
      if (logger.isLevelEnabled?.(LEVELS[name]) === false) return
      logger[LEVELS[name]](loggable(factsOf(facts)), name)
    }),
  )
  return () => {
    for (const stop of stops) stop()
  }
}

/** Loggers know an error by the key `err`. What a handler adds to its progress is data of its own. */
function factsOf(facts: object): object {
  if ('error' in facts) {
    const { error, ...rest } = facts
    return { ...rest, err: error }
  }
  if (!('progress' in facts)) return facts
  const { fraction, message } = facts.progress as Progress
  return {
    ...facts,
    progress: { ...(fraction !== undefined && { fraction }), ...(message !== undefined && { message }) },
  }
}
