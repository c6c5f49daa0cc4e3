import type { Scenario } from './scenario.ts'
import { backlog1m } from './scenarios/backlog-1m.ts'
import { bulkEnqueue } from './scenarios/bulk-enqueue.ts'
import { concurrentEnqueue } from './scenarios/concurrent-enqueue.ts'
import { drain } from './scenarios/drain.ts'
import { drain1mMemory } from './scenarios/drain-1m-memory.ts'
import { fourProcesses } from './scenarios/four-processes.ts'
import { history1m } from './scenarios/history-1m.ts'
import { idleCost } from './scenarios/idle-cost.ts'
import { payload1kb } from './scenarios/payload-1kb.ts'
import { pickupOtherProcess } from './scenarios/pickup-other-process.ts'
import { pickupSameProcess } from './scenarios/pickup-same-process.ts'
import { wholeCycle } from './scenarios/whole-cycle.ts'

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  bulkEnqueue,
  concurrentEnqueue,
  drain,
  wholeCycle,
  payload1kb,
  fourProcesses,
  backlog1m,
  history1m,
  pickupSameProcess,
  pickupOtherProcess,
  idleCost,
  drain1mMemory,
]
