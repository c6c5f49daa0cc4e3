import type { OpenOptions } from '../../src/index.ts'
import type { Clock } from '../../src/kit/clock.ts'
import { parseOptions } from '../../src/kit/options.ts'
import { seededRandom } from '../../src/kit/random.ts'
import { queueOn as compose } from '../../src/queue/open.ts'
import { openFields } from '../../src/queue/open-options.ts'
import type { Queue } from '../../src/queue/queue.ts'
import type { Store } from '../../src/store/store.ts'

/** A queue on a store that the test holds too, so that it can do what another process would do behind its back. */
export function queueOn(store: Store, clock: Clock, given: OpenOptions = {}): Queue {
  const defaults = {
    logger: false as const,
    random: seededRandom(1),
    pendingMax: 1_000_000,
    busyTimeout: 1_000,
  }
  const options = parseOptions('queueOn', openFields, { ...defaults, ...given })
  return compose(store, { ...options, clock })
}
