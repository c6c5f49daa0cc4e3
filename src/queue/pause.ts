import { ERROR_MESSAGE_CHARACTERS, NAME_CHARACTERS_MAX } from '../job/limits.ts'
import { requireQueueName } from '../job/names.ts'
import { storableText } from '../job/text.ts'
import { type FieldsOf, parseOptions, text } from '../kit/options.ts'
import type { PausedQueue } from '../store/queues.ts'
import { type QueueInternals, requireOutside } from './internals.ts'

/** What `pause` takes: kept with the pause, and shown with it wherever that is seen. */
export interface PauseOptions {
  /** Who pauses it: a name, of 128 characters at most. */
  readonly by?: string
  /** Why, such as `'the provider is down'`; cut to 2,000 characters. */
  readonly reason?: string
}

const pauseFields = {
  reason: text(),
  by: text({ max: NAME_CHARACTERS_MAX }),
} satisfies FieldsOf<PauseOptions>

/** @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction` */
export async function pauseQueue(
  { store, events }: QueueInternals,
  name: unknown,
  options: PauseOptions = {},
): Promise<void> {
  requireOutside({ store }, 'pause')
  const queue = requireQueueName(name)
  const { by, reason } = parseOptions('pause', pauseFields, options)
  const said = {
    ...(by !== undefined && { by: storableText(by) }),
    ...(reason !== undefined && { reason: storableText(reason, ERROR_MESSAGE_CHARACTERS) }),
  }
  await store.queues.pause(queue, { by: null, reason: null, ...said })
  events.emit('pause', { queue, ...said })
}

/** @throws MillhandError `invalid_name`, `inside_transaction` */
export async function resumeQueue({ store, events }: QueueInternals, name: unknown): Promise<void> {
  requireOutside({ store }, 'resume')
  const queue = requireQueueName(name)
  await store.queues.resume(queue)
  events.emit('resume', { queue })
  store.local.emit('ready', undefined)
}

/** Since when a queue is paused; by whom and why, where that was said. */
export interface Pause {
  readonly since: Date
  readonly by?: string
  readonly reason?: string
}

export function toPause({ pausedAt, by, reason }: PausedQueue): Pause {
  return { since: new Date(pausedAt), ...(by !== null && { by }), ...(reason !== null && { reason }) }
}

/** `paused by ana: the provider is down`, as much of it as was said. */
export function pauseText({ by, reason }: Pause): string {
  return `paused${by === undefined ? '' : ` by ${by}`}${reason === undefined ? '' : `: ${reason}`}`
}
