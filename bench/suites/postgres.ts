import { markdownTable, targetTable } from '../document.ts'
import { overviewOf, overviewText } from '../overview.ts'
import { INSTALL_PEERS } from '../peers/load.ts'
import peers from '../peers/package.json' with { type: 'json' }
import { BEYOND_INSERT } from '../pickup.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { blockedKey } from '../scenarios/blocked-key.ts'
import { bulkEnqueue } from '../scenarios/bulk-enqueue.ts'
import { concurrentEnqueue } from '../scenarios/concurrent-enqueue.ts'
import { groups } from '../scenarios/groups.ts'
import { idleCost } from '../scenarios/idle-cost.ts'
import { lanes10k } from '../scenarios/lanes-10k.ts'
import { payload1kb } from '../scenarios/payload-1kb.ts'
import { pickupOtherProcess } from '../scenarios/pickup-other-process.ts'
import { pickupSameProcess } from '../scenarios/pickup-same-process.ts'
import { drain20k, drain100k } from '../scenarios/postgres/drains.ts'
import { backlog1mOnPostgres, history1mOnPostgres } from '../scenarios/postgres/flatness.ts'
import { limitedKeysOnPostgres } from '../scenarios/postgres/limited-keys.ts'
import { oldSnapshot } from '../scenarios/postgres/old-snapshot.ts'
import { steadyState } from '../scenarios/postgres/steady-state.ts'
import { twoProcesses } from '../scenarios/postgres/two-processes.ts'
import { rateKeys } from '../scenarios/rate-keys.ts'
import { refusals } from '../scenarios/refusals.ts'
import { uniqueEnqueue } from '../scenarios/unique-enqueue.ts'
import { redisVersion } from '../servers/redis.ts'
import { ServerStores } from '../servers/stores.ts'
import type { Findings, Suite } from '../suite.ts'
import { findOnServers } from '../systems/find.ts'
import type { Target } from '../target.ts'

/** As on SQLite, from the acknowledgement: what comes before is the disk's. */
const PICKUP: readonly Target[] = [
  { metric: 'p50 from acknowledgement', atMost: 2.5 },
  { metric: 'p95 from acknowledgement', atMost: 8 },
]

/** Millhand on PostgreSQL, beside the peers. */
export const postgres: Suite = {
  script: 'bench:peers',
  scenarios: [
    bulkEnqueue,
    aiming(concurrentEnqueue, [
      { metric: 'rate', over: 'graphile-worker', atLeast: 10 },
      { metric: 'rate', over: 'pg-boss', atLeast: 10 },
    ]),
    drain20k,
    long(drain100k),
    long(oldSnapshot),
    long(payload1kb),
    long(twoProcesses),
    aiming(pickupSameProcess, [...PICKUP, { metric: BEYOND_INSERT, atMost: 2 }]),
    aiming(pickupOtherProcess, PICKUP),
    steadyState,
    long(backlog1mOnPostgres),
    long(history1mOnPostgres),
    long(refusals),
    blockedKey,
    limitedKeysOnPostgres,
    rateKeys,
    uniqueEnqueue,
    lanes10k,
    groups,
    aiming(idleCost, [
      { metric: 'statements', atMost: 1 },
      { metric: 'processor', atMost: 1 },
    ]),
  ],
  async findSystems(missing) {
    const systems = await findOnServers()
    const redis = await redisVersion()
    for (const name of PEERS.filter((peer) => !systems.some((system) => system.name === peer)))
      missing(`${name} is not here, and left out: ${INSTALL_PEERS}`)
    if (redis === undefined) missing('bullmq-redis is left out: there is no redis-server here')
    return systems.filter(({ store }) => store !== 'redis' || redis !== undefined)
  },
  openStores: () => ServerStores.start(),
  overview: ({ results, missing }) => [overviewText(results), ...missing].join('\n'),
  partOf,
}

const PEERS = ['graphile-worker', 'pg-boss', 'bullmq-redis', 'bullmq-postgres']

function aiming(scenario: Scenario, targets: readonly Target[]): Scenario {
  return { ...scenario, targets }
}

/** One that slow systems would take minutes for. */
function long(scenario: Scenario): Scenario {
  const run = (bench: Bench) => scenario.run({ ...bench, systems: bench.systems.filter(({ slow }) => !slow) })
  return { ...scenario, run }
}

function partOf({ results, measuredOn, missing }: Findings): string {
  const { head, rows } = overviewOf(results)
  return [
    '## On PostgreSQL, beside the peers',
    [measuredOn, ...missing.map((message) => `Missing: ${message}.`)].join(' '),
    '### Targets on PostgreSQL',
    targetTable(results, ({ name }) => name),
    '### All figures on PostgreSQL',
    `In brackets: Millhand's figure divided by this one.`,
    markdownTable(head, rows),
    '### What the scenarios do',
    results.map(({ scenario }) => `- **${scenario.name}**: ${scenario.about}`).join('\n'),
    SYSTEMS,
  ].join('\n\n')
}

const { dependencies: versions } = peers

const SYSTEMS = `### What it is compared with on PostgreSQL

Every system gets a database of its own on the same server, analyzed and with nothing left to write before the clock
starts. Commits are flushed to the disk, as is the default of PostgreSQL and of all of them.

- **hand-loop**: the limit. Two loops written by hand, each on a connection of its own, on a table with an index of
  what is pending: claim 500 with \`skip locked\`, settle 500, finished jobs kept. Inserts and outcomes are flushed to
  the disk, claims are not. It checks nothing, has no handlers, no lease, no retries and no events. In limited-keys it is
  one loop of 10 at a time, as many as Millhand runs by default: each claim locks a row for each key, names who holds it
  and is flushed to the disk.
- **graphile-worker** ${versions['graphile-worker']}: with the settings of its page on performance: 24 jobs at a time, 25
  connections, a local queue of 500, completions in batches. It deletes finished jobs: it has no history to keep.
- **pg-boss** ${versions['pg-boss']}: 4 workers that fetch 500 at a time and go on while a batch is full, 25 connections, woken
  by notifications. A batch is completed as a whole.
- **bullmq-redis** (BullMQ ${versions.bullmq}): 100 jobs at a time, on a Redis that flushes its log every second, as it advises:
  after a power cut, what was acknowledged in the last second may be gone.
- **bullmq-postgres** (BullMQ ${versions.bullmq}): 100 jobs at a time and 25 connections, on its backend for PostgreSQL.
  It takes part in the short scenarios only.

Keys, in unique-enqueue, are held while a job is unfinished, by the means that each has for that: \`jobKey\` of
graphile-worker in its mode \`unsafe_dedupe\`, \`singletonKey\` of pg-boss in a queue with the policy \`exclusive\`,
\`deduplication\` of BullMQ.`
