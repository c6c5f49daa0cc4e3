import type { DefinedLimit, LimitOptions } from '../job/limit.ts'
import { requireAgreement } from '../job/limit-conflicts.ts'
import { ALL_QUEUES, definedLimits } from '../job/queue-limits.ts'
import {
  allQueues,
  namedQueues,
  parseQueueOptions,
  type QueueOptions,
  type QueueSettings,
} from '../job/queue-settings.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { custom, type FieldsOf, isFunction, parseOptions } from '../kit/options.ts'
import { nextTurn } from '../kit/turn.ts'
import type { Store } from '../store/store.ts'
import { type QueueInternals, requireOutside } from './internals.ts'
import { limitedBy, requireAsSet, settingsSet } from './limits-set.ts'
import { progressTeller } from './progress-teller.ts'

/** What `configure` takes beside the settings. */
export interface ConfigureOptions {
  /**
   * Called after each piece of a change of the order with how many numbers of jobs are left to look at, of those that were there; not
   * waited for. What it throws ends the call: a worker goes on.
   */
  readonly onProgress?: (left: number) => void
}

const configureFields = {
  onProgress: custom<(left: number) => void>({ expected: 'a function', accepts: isFunction }),
} satisfies FieldsOf<ConfigureOptions>

/** What is set for a queue, and how whoever sets it is told. */
interface Configuring {
  readonly settings: QueueOptions
  readonly options?: ConfigureOptions | undefined
}

/** @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction`, `conflicting_limits` */
export async function configureQueue(
  { store, limits }: QueueInternals,
  name: string,
  { settings, options = {} }: Configuring,
): Promise<void> {
  requireOutside({ store }, 'configure')
  const parsed = parseQueueOptions(name, settings)
  const { onProgress } = parseOptions('configure', configureFields, options)
  const held = definedLimits(parsed.limits)
  await requireAsOthers(store, name, held)
  await store.queues.configure(name, parsed)
  limits.wasSet(held)
  await placeAnew(store, name, onProgress)
}

/** A value of its own may change; one that other queues have as well is theirs, too. @throws MillhandError `conflicting_limits` */
async function requireAsOthers(store: Store, queue: string, limits: readonly DefinedLimit[]): Promise<void> {
  if (limits.length === 0) return
  const others = await settingsSet(store)
  others.delete(queue)
  requireAsSet(others, [{ name: `queue '${queue}'`, limits }])
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
  requireAgreement([...specs, ...limitedBy(settings)])
}

/** A change of the order holds for what waits: piece by piece. Whoever leads the maintenance goes on where nobody else does. */
export async function placeAnew(
  store: Store,
  queue: string,
  onProgress?: (left: number) => void,
): Promise<void> {
  const tell = progressTeller(onProgress)
  for (let left = await store.queues.place(queue); left > 0; left = await store.queues.place(queue)) {
    tell(left)
    await nextTurn()
  }
}
