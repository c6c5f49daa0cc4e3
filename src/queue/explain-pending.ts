import { runsAlone } from '../job/care.ts'
import { formatDuration } from '../kit/duration.ts'
import { AHEAD_MAX, GROUPS_COUNTED_MAX } from '../store/catalog.ts'
import type { WorkerRecord } from '../store/workers.ts'
import { limited } from './explain-limit.ts'
import { noWorker } from './explain-worker.ts'
import { type Pause, pauseText } from './pause.ts'
import { placeOf, type Reason, type Situation, whySilent } from './reason.ts'
import { fitFor } from './serving.ts'

/** All that keeps a job from running; where nothing does, it is its turn that it waits for. */
export function whyPending(situation: Situation): Reason[] {
  const { job } = situation
  const fit = fitFor(job, situation)
  const obstacles = [
    ...dueLater(situation),
    ...expired(situation),
    ...paused(situation),
    ...held(situation),
    ...limited(situation),
    ...(fit.length === 0 ? [noWorker(situation)] : quiet(fit)),
    ...alone(situation),
  ]
  return [
    ...(obstacles.length > 0
      ? obstacles
      : [itsTurn(fit.filter(claims)), ...turn(situation), ...groupTurn(situation), ...behind(situation)]),
    ...crashedBefore(situation),
  ]
}

function dueLater({ job, nowMs }: Situation): Reason[] {
  const dueInMs = job.dueAt.getTime() - nowMs
  if (dueInMs <= 0) return []
  const text = `due in ${formatDuration(dueInMs)}, at ${job.dueAt.toISOString()}`
  return [{ code: 'due_later', text, facts: { dueInMs } }]
}

/** A worker sweeps what has expired, every few seconds. */
function expired(situation: Situation): Reason[] {
  const { job, nowMs } = situation
  const expiredMs = nowMs - (job.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY)
  if (expiredMs < 0) return pastDeadline(situation)
  const text = `not started before it expired at ${job.expiresAt?.toISOString()}: it is about to fail as 'expired'`
  return [
    { code: 'expired', text, mend: 'enqueue it anew, with more time (expiresIn)', facts: { expiredMs } },
  ]
}

function pastDeadline({ job, nowMs }: Situation): Reason[] {
  const expiredMs = nowMs - (job.deadline?.getTime() ?? Number.POSITIVE_INFINITY)
  if (expiredMs < 0) return []
  const text = `not done before its deadline, ${job.deadline?.toISOString()}: it is about to fail`
  return [{ code: 'expired', text, mend: 'enqueue it anew, with more time (deadline)', facts: { expiredMs } }]
}

function paused({ job, pause }: Situation): Reason[] {
  return whyPaused(job.queue, pause)
}

export function whyPaused(queue: string, pause: Pause | undefined): Reason[] {
  if (!pause) return []
  const { by = null, reason = null } = pause
  const text = `queue '${queue}' is ${pauseText(pause)}`
  const facts = { queue, by, reason, since: pause.since.toISOString() }
  return [{ code: 'queue_paused', text, mend: `millhand resume ${queue}`, facts }]
}

function held(situation: Situation): Reason[] {
  const { job } = situation
  if (job.state !== 'pending' || !job.waitsFor || !('worker' in job.waitsFor)) return []
  const { worker } = job.waitsFor
  const text = `claimed ahead by worker ${placeOf(situation, worker)}, which begins it next or gives it back within a second`
  return [{ code: 'held', text, facts: { worker } }, ...whySilent(situation, worker)]
}

/** Somebody has told all of them to claim no more. */
export function quiet(fit: readonly WorkerRecord[]): Reason[] {
  if (fit.some(claims)) return []
  const [first] = fit
  const text = `all that handle it (${fit.length}) were told to claim no more`
  const mend = `millhand worker run ${first?.id}, or start another one`
  return [{ code: 'workers_quiet', text, mend, facts: { workers: fit.length } }]
}

export function claims({ order }: WorkerRecord): boolean {
  return order === 'run'
}

/** In a queue in which priorities have weights, nobody knows which is drawn next. */
function turn({ job, weight }: Situation): Reason[] {
  if (weight === undefined) return []
  const { queue, priority } = job
  const text = `each start of queue '${queue}' draws a priority, and its own, ${priority}, has the weight ${weight}`
  return [{ code: 'turn', text, facts: { priority, weight } }]
}

/** The groups of a queue take turns, whatever each of them has. */
function groupTurn({ job, turn }: Situation): Reason[] {
  if (turn === undefined) return []
  const { group, waiting, groups, share } = turn
  const beside = groups < GROUPS_COUNTED_MAX ? groups : `${GROUPS_COUNTED_MAX} or more`
  const text = `groups of queue '${job.queue}' take turns: of its group, '${group}', ${countedUpTo(waiting)} of its priority wait, ${beside} other group(s) have any, and its share is ${share}`
  return [{ code: 'turn', text, facts: { group, waiting, groups, share } }]
}

function countedUpTo(count: number): string {
  return count < AHEAD_MAX ? countedJobs(count) : `${AHEAD_MAX} jobs or more`
}

/** In the order of its queue: what other queues have, and what workers hold already, is not counted. */
function behind({ job, weight, turn, ahead = 0 }: Situation): Reason[] {
  if (ahead === 0) return []
  const those = turn ? ' and of its group and priority' : weight === undefined ? '' : ' and of its priority'
  const text = `behind ${countedUpTo(ahead)} of queue '${job.queue}'${those} that are ready and start before it`
  return [{ code: 'behind', text, facts: { ahead } }]
}

function countedJobs(count: number): string {
  return count === 1 ? '1 job' : `${count} jobs`
}

/** The next crash would quarantine it, and nobody else is to be blamed for that. */
function alone({ record }: Situation): Reason[] {
  if (!runsAlone(record)) return []
  const text = `${crashesOf(record)} while it ran, so it waits for a worker that runs nothing else`
  const mend = 'workers make room for it by themselves, within a minute; find what ends the process'
  return [{ code: 'runs_alone', text, mend, facts: { crashes: record.crashes } }]
}

function crashedBefore({ record }: Situation): Reason[] {
  if (record.crashes === 0 || runsAlone(record)) return []
  const text = `${crashesOf(record)} while it ran, which may have been its doing`
  return [{ code: 'crashed_before', text, facts: { crashes: record.crashes } }]
}

function crashesOf({ crashes }: { readonly crashes: number }): string {
  return crashes === 1 ? '1 worker crashed' : `${crashes} workers crashed`
}

/** Which of its jobs wait for a child only a worker knows: the store has them as running. */
const MORE_SLOTS =
  'add workers, or raise their concurrency; running jobs that wait for those which they have invoked are counted, and take no slot'

/** Of a predicate (`canProcess`) nobody but its worker knows. */
export function itsTurn(fit: readonly WorkerRecord[]): Reason {
  const slots = fit.reduce((sum, worker) => sum + worker.concurrency, 0)
  const busy = fit.reduce((sum, worker) => sum + worker.running, 0)
  const facts = { workers: fit.length, slots, busy }
  if (busy >= slots) {
    const text = `waiting for a slot: ${fit.length} worker(s) that handle it have ${slots} slots and run ${busy} jobs`
    return { code: 'waiting_for_slot', text, mend: MORE_SLOTS, facts }
  }
  const text = `not taken yet: ${fit.length} worker(s) that handle it have ${slots} slots and run ${busy} jobs`
  const mend =
    'one is about to claim it, runs a job that has to run alone, or refuses this one (canProcess); a job of higher priority goes first'
  return { code: 'not_taken', text, mend, facts }
}
