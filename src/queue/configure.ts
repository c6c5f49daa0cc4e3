import {
  parseQueueOptions,
  type QueueOptions,
  type QueueSettings,
  settingsText,
} from '../job/queue-settings.ts'
import type { Store } from '../store/store.ts'
import type { Queue } from './api/queue.ts'
import { internalsOf, type QueueInternals, requireOutside } from './internals.ts'

/** @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction` */
export async function configureQueue(
  { store }: QueueInternals,
  name: string,
  options: QueueOptions,
): Promise<void> {
  requireOutside({ store }, 'configure')
  await store.queues.configure(name, parseQueueOptions(name, options))
}

/** Writes what is set for its queues to the store; where that cannot be, the queue is closed. */
export async function withSettings(
  queue: Queue,
  settings: ReadonlyMap<string, QueueSettings>,
): Promise<Queue> {
  try {
    await applySettings(internalsOf(queue, 'openQueue').store, settings)
    return queue
  } catch (error) {
    await queue.close()
    throw error
  }
}

/** Sets what is not set so already: a store that may not be written can be opened with the settings that it has. */
async function applySettings(store: Store, wanted: ReadonlyMap<string, QueueSettings>): Promise<void> {
  if (wanted.size === 0) return
  const there = new Map((await store.queues.configured()).map(({ queue, settings }) => [queue, settings]))
  for (const [queue, settings] of wanted) {
    if (settingsText(settings) !== settingsText(there.get(queue) ?? {}))
      await store.queues.configure(queue, settings)
  }
}
