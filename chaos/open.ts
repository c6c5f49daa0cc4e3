import { systemClock } from '../src/kit/clock.ts'
import { parseOptions } from '../src/kit/options.ts'
import { queueOn } from '../src/queue/open.ts'
import { openFields } from '../src/queue/open-options.ts'
import type { Queue } from '../src/queue/queue.ts'
import { openPostgresStore } from '../src/store/postgres/index.ts'
import { openSqliteStore } from '../src/store/sqlite/index.ts'
import type { Store } from '../src/store/store.ts'

/** A process that starts while the store is away waits for it, as `millhand work` does. */
const OPENING = { timeoutMs: 20_000 }

const SQLITE = 'sqlite:'

/** Opens the store of a run, without anything around it. */
export function openStore(url: string): Promise<Store> {
  return url.startsWith(SQLITE)
    ? openSqliteStore({ file: url.slice(SQLITE.length), opening: OPENING })
    : openPostgresStore({ to: url, opening: OPENING })
}

/** A queue with its default options on a store; what it would write to the standard error is in the witness. */
export function openQueueOn(store: Store): Queue {
  const options = parseOptions('openQueue', openFields, { logger: false })
  return queueOn(store, { ...options, clock: systemClock })
}
