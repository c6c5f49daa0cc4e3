import { alike, type Limit } from '../job/limit.ts'
import { limitsSet } from '../job/queue-limits.ts'
import { type QueueSettings, settingsText } from '../job/queue-settings.ts'
import type { Store } from '../store/store.ts'
import type { Queue } from './api/queue.ts'
import { placeAnew } from './configure.ts'
import { internalsOf } from './internals.ts'
import { limitedBy, requireAsSet, settingsSet } from './limits-set.ts'

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
  const there = await settingsSet(store)
  const others = [...there].filter(([queue]) => !wanted.has(queue))
  requireAsSet(new Map(others), limitedBy(wanted))
  for (const [queue, settings] of wanted) {
    if (settingsText(settings) === settingsText(there.get(queue) ?? {})) continue
    await store.queues.configure(queue, settings)
    await placeAnew(store, queue)
  }
  await declareMissing(store, wanted)
}

/** Where all is set so already, and a limit of it says something else, as a version may have left it that wrote them one by one. */
async function declareMissing(store: Store, wanted: ReadonlyMap<string, QueueSettings>): Promise<void> {
  const limits = [...wanted.values()].flatMap(limitsSet)
  if (limits.length === 0) return
  const known = await store.limits.list()
  const isKnown = (limit: Limit) =>
    known.some(({ name, declared }) => name === limit.name && alike({ name, ...declared }, limit))
  const missing = limits.filter((limit) => !isKnown(limit))
  if (missing.length > 0) await store.limits.declare(missing)
}
