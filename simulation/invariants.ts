import type { JobRecord } from '../src/job/job.ts'
import type { Settlement } from '../src/job/outcome.ts'
import { isFinal } from '../src/job/state.ts'
import type { Start } from '../src/store/jobs.ts'
import type { Rescued } from '../src/store/upkeep.ts'
import type { Beat } from '../src/store/workers.ts'
import { acceptedOf, claimOf } from './accepted.ts'
import type { Executed } from './call.ts'
import { idsStoredBy, shown, touches, wrongChange } from './changes.ts'
import { OF_GATES } from './controls/gates.ts'
import { OF_SIZES } from './controls/sizes.ts'
import { OF_TICKS } from './controls/ticks.ts'
import { type Event, type Invariant, verbsOf } from './event.ts'
import { bestFirst } from './order.ts'
import { keptKeys, uniqueKeys } from './right-keys.ts'
import { isSame, type Snapshot } from './snapshot.ts'
import type { Witness } from './witness.ts'

/** Times in a store are whole milliseconds, those of the world are not. */
const ROUNDING_MS = 2

/** What makes a job one that may be pruned, at once where both are let through together. */
const SETTLING: ReadonlySet<string> = new Set([
  'jobs.settle',
  'tx.settle',
  'catalog.cancel',
  'upkeep.rescue',
  'upkeep.expire',
])

/** No acknowledged job is missing, and none is there that nobody has stored. */
const nothingLost: Invariant = ({ calls, before, after, witness }) => {
  const fresh = idsStoredBy(calls)
  if (isSame(before, after) && fresh.size === 0) return []
  const missing = [...witness.stored, ...fresh].filter((id) => !after.jobs.has(id))
  const unheard = [...after.jobs.keys()].filter((id) => !before.jobs.has(id) && !fresh.has(id))
  const prunes = calls.filter(({ verb }) => verb === 'upkeep.prune')
  const told = prunes.reduce((sum, { result }) => sum + Number(result), 0)
  const maySettle = calls.filter(({ verb }) => SETTLING.has(verb))
  const isEnded = (id: string) =>
    isSettled(before.jobs.get(id)) || maySettle.some((call) => touches(call, id))
  const lost = missing.length === told ? missing.filter((id) => !isEnded(id)) : missing
  return [
    ...lost.map((id) => `${verbsOf(calls)} lost ${id}`),
    ...unheard.map((id) => `${verbsOf(calls)} made ${id} without a word`),
  ]
}

function isSettled(job: JobRecord | undefined): boolean {
  return job !== undefined && isFinal(job.state)
}

/** Each call changes only what it may, and only of the jobs that are its own: this is the fence as well. */
const rightChanges: Invariant = ({ calls, changes }) =>
  changes.flatMap((change) => wrongChange(change, calls) ?? [])

/** A settlement that was accepted and changed nothing is one that had been written before, and is made again. */
const settledOnce: Invariant = ({ calls, before, after, changes, witness }) => {
  const problems: string[] = []
  const isPruned = (id: string) => !after.jobs.has(id) && calls.some(({ verb }) => verb === 'upkeep.prune')
  for (const { verb, values, result } of calls) {
    if (!verb.endsWith('.settle')) continue
    acceptedOf<Settlement>(values, result, (settlement) => {
      const claim = claimOf(settlement)
      const { id } = settlement
      const changed = isPruned(id) || changes.some((change) => change.after.id === id)
      const written = witness.settled.get(claim) === settlement.verb || isLikeRescue(settlement, before)
      if (!changed && !(values[1] === true && written))
        problems.push(`${verb} accepted ${settlement.verb} of ${claim} in vain`)
      if (changed && witness.settled.has(claim)) problems.push(`${claim} was settled twice`)
    })
  }
  return problems
}

/** What a worker gives back, and what a rescue has taken back from it, are the same: nobody can tell who it was. */
function isLikeRescue({ id, epoch, verb }: Settlement, { jobs }: Snapshot): boolean {
  const job = jobs.get(id)
  return (verb === 'release' || verb === 'snooze') && job?.state === 'pending' && job.epoch === epoch
}

/** Nobody whose beat reached the store within its lease is taken for lost. */
const noFalseRescue: Invariant = ({ calls, before, witness, elapsedMs }) => {
  const certain = calls.filter(({ isDoubtful }) => !isDoubtful)
  const told = new Set(rescuesOf(certain).flatMap(({ workers }) => workers))
  if (told.size === 0) return []
  return [...witness.leases]
    .filter(([worker, untilMs]) => untilMs > elapsedMs + ROUNDING_MS && told.has(worker))
    .map(
      ([worker, untilMs]) =>
        `${worker} was taken for lost ${Math.round(untilMs - elapsedMs)} ms before its lease ended`,
    )
    .concat([...told].filter((worker) => !before.workers.has(worker)).map((id) => `${id} was lost twice`))
}

/** No worker is told that it has lost a lease which it has. */
const noFalseLoss: Invariant = ({ calls, before, witness, elapsedMs }) =>
  calls.flatMap(({ verb, values: [worker], result }) => {
    if (verb !== 'workers.extend' || !(result as Beat | undefined)?.lost) return []
    const untilMs = witness.leases.get(`${worker}`) ?? 0
    const isAlive = before.workers.has(`${worker}`) && untilMs > elapsedMs + ROUNDING_MS
    return isAlive
      ? [`${worker} was told that it is lost ${Math.round(untilMs - elapsedMs)} ms before its lease ended`]
      : []
  })

/** A crash blames only what had begun, as far as the store was told. */
const rightBlame: Invariant = ({ calls, changes, witness }) =>
  changes.flatMap(({ before, after }) => {
    if (after.crashes <= before.crashes) return []
    const isRescue = rescuesOf(calls).length > 0 && after.crashes === before.crashes + 1
    return isRescue && hasBegun(before, calls, witness) ? [] : [`${verbsOf(calls)} blamed ${shown(before)}`]
  })

function hasBegun(job: JobRecord, calls: readonly Executed[], { begun }: Witness): boolean {
  const beginsNow = calls.some(({ verb, values }) => verb === 'jobs.begin' && namesClaim(values[0], job))
  return begun.has(claimOf(job)) || beginsNow
}

function namesClaim(starts: unknown, job: JobRecord): boolean {
  return (starts as Start[]).some((start) => claimOf(start) === claimOf(job))
}

function rescuesOf(calls: readonly Executed[]): readonly Rescued[] {
  return calls.flatMap(({ verb, result }) => (verb === 'upkeep.rescue' ? [result as Rescued] : []))
}

/** Whoever holds a job is there, or is about to be rescued. */
const everyHolderIsKnown: Invariant = ({ calls, before, after, witness }) => {
  const rescues = rescuesOf(calls)
  if (rescues.length === 0 && isSame(before, after) && before.workers.size === after.workers.size) return []
  const hasMore = rescues.length > 0 ? rescues.some(({ more }) => more) : witness.moreToRescue
  if (hasMore) return []
  const orphans = [...after.jobs.values()].filter(
    (job) => job.worker !== null && !after.workers.has(job.worker),
  )
  return orphans.map((job) => `${shown(job)} is held by nobody who is known, after ${verbsOf(calls)}`)
}

/** A job is in one state, with all that belongs to it and nothing else. */
const onePlace: Invariant = ({ before, after }) =>
  isSame(before, after)
    ? []
    : [...after.jobs.values()].flatMap((job) => (isWhole(job) ? [] : [`${shown(job)} is in no single place`]))

function isWhole({ state, worker, finishedAt, startedAt }: JobRecord): boolean {
  if (state === 'running') return worker !== null && startedAt !== null && finishedAt === null
  if (isFinal(state)) return finishedAt !== null && (worker === null || state === 'cancelled')
  return finishedAt === null
}

/** Every count equals what it counts. */
const rightCounts: Invariant = ({ before, after, changes }) => {
  if (changes.length === 0 && after.jobs.size === before.jobs.size) return []
  const counted = new Map<string, number>()
  const count = (what: string, by = 1) => counted.set(what, (counted.get(what) ?? 0) + by)
  for (const { queue, name, state, worker } of after.jobs.values()) {
    count(`jobs of ${queue} ${name} ${state}`)
    if (worker === null || !after.workers.has(worker)) continue
    if (state === 'running') count(`running of ${worker}`)
    if (state === 'pending') count(`held of ${worker}`)
  }
  for (const { queue, name, state, count: by } of after.tally) count(`jobs of ${queue} ${name} ${state}`, -by)
  for (const { id, running, held } of after.workers.values()) {
    count(`running of ${id}`, -running)
    count(`held of ${id}`, -held)
  }
  return [...counted]
    .filter(([, by]) => by !== 0)
    .map(([what, by]) => `${what} are counted ${Math.abs(by)} too ${by > 0 ? 'few' : 'many'}`)
}

const INVARIANTS: readonly Invariant[] = [
  nothingLost,
  rightChanges,
  settledOnce,
  uniqueKeys,
  keptKeys,
  noFalseRescue,
  noFalseLoss,
  rightBlame,
  everyHolderIsKnown,
  onePlace,
  rightCounts,
  bestFirst,
]

/** Of what queues are controlled by, where there is any. */
const OF_CONTROLS: readonly Invariant[] = [...OF_GATES, ...OF_SIZES, ...OF_TICKS]

/** What must not have been, in words; nothing where all is well. */
export function violationsOf(event: Event): string[] {
  const all = event.after.controls ? [...INVARIANTS, ...OF_CONTROLS] : INVARIANTS
  return all.flatMap((invariant) => invariant(event))
}
