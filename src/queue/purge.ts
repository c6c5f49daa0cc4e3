import { reasonText } from '../job/control.ts'
import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import { requireQueueName } from '../job/names.ts'
import { custom, type FieldsOf, isFunction, parseOptions, text } from '../kit/options.ts'
import { nextTurn } from '../kit/turn.ts'
import { incomplete } from './control.ts'
import { type QueueInternals, requireOutside } from './internals.ts'
import { progressTeller } from './progress-teller.ts'

/** What `purge` takes. */
export interface PurgeOptions {
  /** Kept with each of the jobs. Default `'purged'`. */
  readonly reason?: string
  /** Called after each piece of 1,000 with how many are cancelled so far; not waited for. What it throws ends the purge. */
  readonly onProgress?: (purged: number) => void
}

const purgeFields = {
  reason: text({ default: 'purged' }),
  onProgress: custom<(purged: number) => void>({ expected: 'a function', accepts: isFunction }),
} satisfies FieldsOf<PurgeOptions>

/** @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction`, `bulk_incomplete` */
export async function purgeQueue(
  queue: QueueInternals,
  name: unknown,
  options: PurgeOptions = {},
): Promise<number> {
  requireOutside(queue, 'purge')
  const of = requireQueueName(name)
  const { reason: given, onProgress } = parseOptions('purge', purgeFields, options)
  const reason = reasonText(given)
  const tell = progressTeller(onProgress)
  let count = 0
  // What arrives meanwhile stays: whoever enqueues faster than this cancels must not keep it from its end.
  let until: number | undefined
  try {
    for (;;) {
      const piece = await queue.store.queues.purge(of, { reason, limit: STATEMENT_ROWS_MAX, until })
      if (piece.ids.length === 0) return count
      until = piece.until
      count += piece.ids.length
      queue.events.emit('cancel', { ids: piece.ids, reason })
      tell(count)
      await nextTurn()
    }
  } catch (error) {
    throw count === 0 ? error : incomplete('purge', count, { ids: [], error })
  }
}
