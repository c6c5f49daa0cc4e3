import type { AnyJobSpec } from '../job/definition.ts'
import type { Clock } from '../kit/clock.ts'
import type { Emitter } from '../kit/emitter.ts'
import type { Ids } from '../kit/ids.ts'
import type { Random } from '../kit/random.ts'
import { storeError } from '../store/errors.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import type { Closing } from './closing.ts'
import type { JobWatch } from './watch.ts'

/** What a queue is made of: shared by its parts and by the workers on it, hidden from everybody else. */
export interface QueueInternals {
  readonly store: InstrumentedStore
  readonly events: Emitter<MillhandEvents>
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
  readonly watch: JobWatch
  readonly closing: Closing
  /** Definitions that the queue was opened with, for enqueueing by name. */
  readonly specs: ReadonlyMap<string, AnyJobSpec>
  readonly pendingMax: number
  /** How long whoever opens a connection for long may wait for it, in milliseconds. */
  readonly openTimeoutMs: number
}

/** A write of its own would wait for the transaction that the caller is in. @throws MillhandError `inside_transaction` */
export function requireOutside({ store }: Pick<QueueInternals, 'store'>, what: string): void {
  if (store.insideTransaction()) throw storeError('inside_transaction', { what })
}
