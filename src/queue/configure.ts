import { alike, type Limit, type LimitOptions } from '../job/limit.ts'
import { requireAgreement } from '../job/limit-conflicts.ts'
import { ALL_QUEUES, definedLimits } from '../job/queue-limits.ts'
import {
  allQueues,
  namedQueues,
  parseQueueOptions,
  type QueueOptions,
  type QueueSettings,
  settingsText,
} from '../job/queue-settings.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import type { Store } from '../store/store.ts'
import type { Queue } from './api/queue.ts'
import { internalsOf, type QueueInternals, requireOutside } from './internals.ts'

/** @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction` */
export async function configureQueue(
  { store, limits }: QueueInternals,
  name: string,
  options: QueueOptions,
): Promise<void> {
  requireOutside({ store }, 'configure')
  const settings = parseQueueOptions(name, options)
  // First: a job that has a gate of a limit which nobody knows would wait.
  await limits.declare(definedLimits(settings.limits))
  await store.queues.configure(name, settings)
}

/** What is set for single queues and for all, as `openQueue` and a configuration have it. @throws MillhandError as `configureQueue` */
export function settingsFrom({
  queues,
  limits,
}: {
  readonly queues?: object | undefined
  readonly limits?: readonly LimitOptions[] | undefined
}): ReadonlyMap<string, QueueSettings> {
  const settings = new Map(namedQueues(queues))
  if (limits !== undefined) settings.set(ALL_QUEUES, allQueues(limits))
  return settings
}

/** Refuses two values of one limit, be they of definitions or of settings. @throws MillhandError `conflicting_limits` */
export function requireOneValueEach(
  specs: Iterable<AnyJobSpec>,
  settings: ReadonlyMap<string, QueueSettings>,
): void {
  const held = [...settings].map(([queue, { limits }]) => ({
    name: queue === ALL_QUEUES ? 'all queues' : `queue '${queue}'`,
    limits: definedLimits(limits),
  }))
  requireAgreement([...specs, ...held])
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
  await declareMissing(store, wanted)
  for (const [queue, settings] of wanted) {
    if (settingsText(settings) !== settingsText(there.get(queue) ?? {}))
      await store.queues.configure(queue, settings)
  }
}

async function declareMissing(store: Store, wanted: ReadonlyMap<string, QueueSettings>): Promise<void> {
  const limits = [...wanted.values()].flatMap((each) => definedLimits(each.limits).map(({ limit }) => limit))
  if (limits.length === 0) return
  const known = await store.limits.list()
  const isKnown = (limit: Limit) =>
    known.some(({ name, declared }) => name === limit.name && alike({ name, ...declared }, limit))
  const missing = limits.filter((limit) => !isKnown(limit))
  if (missing.length > 0) await store.limits.declare(missing)
}
