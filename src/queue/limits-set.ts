import { type Limited, limitNames, requireAgreement } from '../job/limit-conflicts.ts'
import { ALL_QUEUES, definedLimits } from '../job/queue-limits.ts'
import type { QueueSettings } from '../job/queue-settings.ts'
import type { QueueStore } from '../store/queues.ts'

/** Whose limits they are, as an error says it. */
export function limitedBy(settings: ReadonlyMap<string, QueueSettings>): Limited[] {
  return [...settings].map(([queue, { limits }]) => ({
    name: queue === ALL_QUEUES ? 'all queues' : `queue '${queue}'`,
    limits: definedLimits(limits),
  }))
}

/**
 * Refuses a limit that differs from what is set for a queue or for all: what an operator has set is not undone by a definition, nor
 * by what is set for another queue.
 *
 * @throws MillhandError `conflicting_limits`
 */
export function requireAsSet(set: ReadonlyMap<string, QueueSettings>, given: readonly Limited[]): void {
  const names = limitNames(given)
  const held = limitedBy(set).map(({ name, limits = [] }) => ({
    name,
    limits: limits.filter(({ limit }) => names.has(limit.name)),
  }))
  requireAgreement([...held, ...given])
}

/** What is set for each queue that has anything of its own, and for all. */
export async function settingsSet(store: {
  readonly queues: Pick<QueueStore, 'configured'>
}): Promise<Map<string, QueueSettings>> {
  return new Map((await store.queues.configured()).map(({ queue, settings }) => [queue, settings]))
}
