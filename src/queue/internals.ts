import type { EnqueueHook } from '../job/hooks.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { readSafely } from '../kit/brand.ts'
import type { Clock } from '../kit/clock.ts'
import type { Emitter } from '../kit/emitter.ts'
import { preview } from '../kit/error.ts'
import type { Ids } from '../kit/ids.ts'
import { isObject, optionError } from '../kit/options.ts'
import type { Random } from '../kit/random.ts'
import { VERSION } from '../kit/version.ts'
import { storeError } from '../store/errors.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import type { Closing } from './closing.ts'
import type { DeclaredLimits } from './declared-limits.ts'
import type { Unserved } from './unserved.ts'
import type { JobWatch } from './watch.ts'

/** What a queue is made of: shared by its parts and by the workers on it, hidden from everybody else. */
export interface QueueInternals {
  readonly store: InstrumentedStore
  readonly events: Emitter<MillhandEvents>
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
  readonly watch: JobWatch
  readonly unserved: Unserved
  readonly closing: Closing
  readonly limits: DeclaredLimits
  /** Definitions that the queue was opened with, for enqueueing by name. */
  readonly specs: ReadonlyMap<string, AnyJobSpec>
  readonly aroundEnqueue: readonly EnqueueHook[]
  readonly pendingMax: number
  /** How long whoever opens a connection for long may wait for it, in milliseconds. */
  readonly openTimeoutMs: number
}

/** A write of its own would wait for the transaction that the caller is in. @throws MillhandError `inside_transaction` */
export function requireOutside({ store }: Pick<QueueInternals, 'store'>, what: string): void {
  if (store.insideTransaction()) throw storeError('inside_transaction', { what })
}

/** Under which a queue offers what it is made of, to workers of whichever copy of the package. */
export const QUEUE: unique symbol = Symbol.for('millhand.queue')

export interface OfferedQueue {
  readonly version: string
  readonly parts: QueueInternals
}

/**
 * What a queue is made of. Of another copy of the package it will do, if that is of the same version: what is inside may
 * change with any other.
 *
 * @throws MillhandError `foreign_queue`, `invalid_option`
 */
export function internalsOf(queue: unknown, component: string): QueueInternals {
  const offered = readSafely(queue, QUEUE) as OfferedQueue
  if (!isObject(offered)) {
    const forgotten = readSafely(queue, 'then') !== undefined
    const expected = `a queue that openQueue gave${forgotten ? ': await it, const queue = await openQueue(…)' : ''}`
    const got = forgotten ? 'a promise' : preview(queue)
    throw optionError('invalid_option', { component, option: 'queue', expected, got })
  }
  const { version, parts } = offered
  if (version !== VERSION) throw storeError('foreign_queue', { component, version, own: VERSION })
  return parts
}
