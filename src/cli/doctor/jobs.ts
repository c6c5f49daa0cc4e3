import { handlesName } from '../../job/handled-names.ts'
import { formatDuration } from '../../kit/duration.ts'
import type { Stats } from '../../queue/inspect.ts'
import { internalsOf } from '../../queue/internals.ts'
import type { Queue } from '../../queue/queue.ts'
import type { Tally } from '../../store/catalog.ts'
import type { WorkerRecord } from '../../store/workers.ts'
import { type Finding, ok, warn } from './finding.ts'

/** A lease is rescued within a second or so of its end; past this, nobody does it. */
const LAPSED_LONG_MS = 10_000
/** Jobs that are due for so long in a queue where nothing runs are stuck. */
const STUCK_MS = 60_000

/** Whether there are workers, and whether everything that waits has one. */
export async function checkJobs(queue: Queue): Promise<Finding[]> {
  const { store } = internalsOf(queue, 'doctor')
  const [stats, workers, tallies, nowMs] = await Promise.all([
    queue.stats(),
    queue.workers(),
    store.catalog.tally(),
    store.now(),
  ])
  const live = workers.filter((worker) => worker.leaseUntil > nowMs)
  return [
    checkWorkers(stats),
    checkLeases(workers, live.length, nowMs),
    ...checkNames(tallies, live),
    ...checkQueues(stats),
  ]
}

function checkWorkers({ workers, slots, busy }: Stats): Finding {
  if (workers > 0) return ok('workers', `${workers} live, ${busy} of ${slots} slots busy`)
  return warn('workers', 'no worker is alive', "Start one: 'millhand work'.")
}

function checkLeases(workers: readonly WorkerRecord[], live: number, nowMs: number): Finding {
  const lapsed = workers.filter((worker) => nowMs - worker.leaseUntil > LAPSED_LONG_MS)
  if (lapsed.length === 0) return ok('leases', 'none has lapsed without a rescue')
  const held = lapsed.reduce((sum, worker) => sum + worker.running + worker.held, 0)
  const text = `${lapsed.length} worker(s) are gone with ${held} job(s), and nobody has rescued those`
  const mend =
    live === 0 ? 'Start a worker: it rescues them.' : "Let a worker do the maintenance: 'worker.maintenance'."
  return warn('leases', text, mend)
}

/** Jobs that wait for a worker which is not there. */
function checkNames(tallies: readonly Tally[], live: readonly WorkerRecord[]): Finding[] {
  const orphans = tallies.filter(({ state, name, queue }) => {
    const served = live.some(
      (worker) => handlesName(worker.names, name) && (worker.queues?.includes(queue) ?? true),
    )
    return state === 'pending' && !served
  })
  if (orphans.length === 0) return [ok('handlers', 'every pending job has a worker that handles it')]
  return orphans.map(({ name, queue, count }) => {
    const text = `${count} pending job(s) '${name}' in queue '${queue}' have no live worker`
    return warn('handlers', text, 'Start a worker that has this definition and serves this queue.')
  })
}

function checkQueues({ queues }: Stats): Finding[] {
  const findings = queues.flatMap(({ queue, paused, running, oldestWaitMs, pending }) => {
    if (paused)
      return [
        warn('queues', `queue '${queue}' is paused with ${pending} pending`, `millhand resume ${queue}`),
      ]
    if (running > 0 || oldestWaitMs === null || oldestWaitMs < STUCK_MS) return []
    const text = `queue '${queue}': a job is due for ${formatDuration(oldestWaitMs)}, and nothing runs`
    return [
      warn('queues', text, `Ask why: millhand explain ID (millhand jobs --queue ${queue} --state pending).`),
    ]
  })
  return findings.length > 0 ? findings : [ok('queues', 'none is paused or stuck')]
}
