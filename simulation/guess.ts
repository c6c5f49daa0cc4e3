import type { NewJob } from '../src/job/new-job.ts'
import type { Settlement } from '../src/job/outcome.ts'
import type { ClaimedJob, ClaimRequest, Inserted, Settled } from '../src/store/jobs.ts'
import type { Rescued } from '../src/store/upkeep.ts'
import type { Executed } from './call.ts'
import { type Change, takesOver } from './changes.ts'
import type { Snapshot } from './snapshot.ts'

/** What is another than it was when the call was made. */
interface Seen {
  readonly before: Snapshot
  readonly after: Snapshot
  readonly changes: readonly Change[]
}

type Guess = (call: Executed, seen: Seen) => unknown

/**
 * A call whose answer was lost on its way, with the answer that it must have had if all is well: read off what has
 * changed. Of a call that changes no job nothing is to be known.
 */
export function guessed(call: Executed, seen: Seen): Executed {
  if (!call.isDoubtful) return call
  if (call.verb === 'transaction') return isCommitted(call, seen) ? call : { ...call, parts: [] }
  return { ...call, result: GUESSES[call.verb]?.(call, seen) }
}

function isCommitted({ parts }: Executed, { before, after, changes }: Seen): boolean {
  const named = parts.flatMap(({ values }) => (Array.isArray(values[0]) ? values[0] : []))
  const ids = new Set(named.map(({ id }: { id: string }) => id))
  const isNew = [...after.jobs.keys()].some((id) => ids.has(id) && !before.jobs.has(id))
  const inserts = parts.filter(({ verb }) => verb === 'tx.insert')
  return (
    isNew ||
    changes.some((change) => ids.has(change.after.id) || inserts.some((part) => takesOver(change, part)))
  )
}

/** One answer for each that was settled or begun: those have changed. */
const settledAmong: Guess = ({ values }, { changes }): Settled[] =>
  (values[0] as Settlement[]).map(({ id }) =>
    changes.some(({ after }) => after.id === id) ? 'settled' : 'refused',
  )

const changedIds: Guess = (_, { changes }) => changes.map(({ after }) => after.id)

const GUESSES: Readonly<Record<string, Guess>> = {
  'jobs.insert': ({ values }, { before, after }): Inserted[] =>
    (values[0] as NewJob[])
      .filter(({ id }) => after.jobs.has(id) && !before.jobs.has(id))
      .map(({ id }) => ({ id, existed: false })),
  'schedules.advance': ({ values }, { before, after }) =>
    (values[1] as NewJob[]).some(({ id }) => after.jobs.has(id) && !before.jobs.has(id)),
  'jobs.claim': ({ values, result }, { changes }) => {
    const { worker } = values[0] as ClaimRequest
    const claimed = changes.filter(
      ({ before, after }) => after.worker === worker && after.epoch > before.epoch,
    )
    const told = (result ?? []) as ClaimedJob[]
    return [...told, ...claimed.map(({ after }) => ({ ...after, begun: after.state === 'running' }))]
  },
  'jobs.begin': settledAmong,
  'jobs.settle': settledAmong,
  'catalog.cancel': changedIds,
  'catalog.retry': changedIds,
  'upkeep.expire': changedIds,
  'upkeep.rescue': (_, { before, after, changes }): Rescued => ({
    rescued: changes.filter(({ before }) => before.worker !== null).map(({ after }) => after.id),
    quarantined: [],
    workers: [...before.workers.keys()].filter((id) => !after.workers.has(id)),
    more: true,
    nextLapseAt: null,
  }),
  'upkeep.prune': (_, { before, after }) =>
    [...before.jobs.keys()].filter((id) => !after.jobs.has(id)).length,
}
