import { section, targetTable } from '../document.ts'
import { INSTALL_PEERS } from '../peers/load.ts'
import { backlog1m } from '../scenarios/backlog-1m.ts'
import { blockedKey } from '../scenarios/blocked-key.ts'
import { bulkEnqueue } from '../scenarios/bulk-enqueue.ts'
import { concurrentEnqueue } from '../scenarios/concurrent-enqueue.ts'
import { drain } from '../scenarios/drain.ts'
import { drain1mMemory } from '../scenarios/drain-1m-memory.ts'
import { fourProcesses } from '../scenarios/four-processes.ts'
import { groups } from '../scenarios/groups.ts'
import { history1m } from '../scenarios/history-1m.ts'
import { idleCost } from '../scenarios/idle-cost.ts'
import { lanes10k } from '../scenarios/lanes-10k.ts'
import { limitedKeys } from '../scenarios/limited-keys.ts'
import { payload1kb } from '../scenarios/payload-1kb.ts'
import { pickupOtherProcess } from '../scenarios/pickup-other-process.ts'
import { pickupSameProcess } from '../scenarios/pickup-same-process.ts'
import { rateKeys } from '../scenarios/rate-keys.ts'
import { refusals } from '../scenarios/refusals.ts'
import { uniqueEnqueue } from '../scenarios/unique-enqueue.ts'
import { wholeCycle } from '../scenarios/whole-cycle.ts'
import { Scratch } from '../scratch.ts'
import type { Findings, Suite } from '../suite.ts'
import { findOnFiles } from '../systems/find.ts'

/** Millhand on one SQLite file. */
export const sqlite: Suite = {
  script: 'bench',
  scenarios: [
    bulkEnqueue,
    concurrentEnqueue,
    drain,
    wholeCycle,
    payload1kb,
    fourProcesses,
    backlog1m,
    history1m,
    refusals,
    blockedKey,
    limitedKeys,
    rateKeys,
    uniqueEnqueue,
    lanes10k,
    groups,
    pickupSameProcess,
    pickupOtherProcess,
    idleCost,
    drain1mMemory,
  ],
  async findSystems(missing) {
    const systems = await findOnFiles()
    if (!systems.some(({ name }) => name === 'plainjob'))
      missing(`plainjob is not here, and left out: ${INSTALL_PEERS}`)
    return systems
  },
  openStores: async () => new Scratch(),
  partOf,
}

function partOf({ results, measuredOn }: Findings): string {
  return [
    '## On SQLite',
    measuredOn,
    '### Targets',
    targetTable(results, ({ name }) => `[${name}](#${name})`),
    ...results.flatMap(section),
    SYSTEMS,
  ].join('\n\n')
}

const SYSTEMS = `### What it is compared with

- **hand-loop**: the limit. A loop written by hand on Millhand's own schema, with the statements that a job must cost:
  insert, claim and settle in batches of 200, inserts and outcomes flushed to the disk. It checks nothing, has no
  handlers, no lease, no retries and no events.
- **plainjob** 0.0.14: a queue on SQLite, with the loop of its own benchmark. It runs one job at a time and does not
  flush its commits (\`synchronous = normal\`): after a power cut, jobs that it has acknowledged may be gone. It polls;
  here every 10 ms (its default is a second). Its driver, better-sqlite3, is replaced by the SQLite in Node, with
  which it was measured to be as fast.
`
