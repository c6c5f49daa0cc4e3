import type { NewJob } from '../src/job/new-job.ts'
import type { Settlement } from '../src/job/outcome.ts'
import type { ClaimedJob, Inserted, Start } from '../src/store/jobs.ts'
import type { Rescued } from '../src/store/upkeep.ts'
import type { Beat, NewWorker } from '../src/store/workers.ts'
import { acceptedOf, claimOf } from './accepted.ts'
import type { Executed } from './call.ts'
import { KeptKeys } from './kept-keys.ts'
import type { Snapshot } from './snapshot.ts'

/** What the store has answered so far, kept where no fault reaches it. */
export class Witness {
  /** Jobs that the store has said it stored, and that nobody has pruned. */
  readonly stored = new Set<string>()
  /** Claims in which a job has begun, as the store was told: `id#epoch`. */
  readonly begun = new Set<string>()
  /** The verb by which a claim was settled, by `id#epoch`. */
  readonly settled = new Map<string, string>()
  /** Until when each worker's lease holds, by the time of the world. */
  readonly leases = new Map<string, number>()
  /** Keys that outlive their jobs. */
  readonly kept = new KeptKeys()
  /** A rescue has said that it left some of the jobs of workers that are gone. */
  moreToRescue = false

  /** What was pruned is gone, with all that was known of it: a call that is made again may store it anew. */
  forget({ jobs }: Snapshot): void {
    for (const id of this.stored) if (!jobs.has(id)) this.stored.delete(id)
    for (const claim of this.settled.keys()) if (!jobs.has(jobOf(claim))) this.settled.delete(claim)
  }

  /** Takes in what a call has answered, after it was checked. */
  note(call: Executed, elapsedMs: number): void {
    if (call.result !== undefined || !call.isDoubtful) NOTES[call.verb]?.(this, call, elapsedMs)
  }
}

type Note = (witness: Witness, call: Executed, elapsedMs: number) => void

const noteInsert: Note = ({ stored }, { result }) => {
  for (const { id, existed } of result as Inserted[]) if (!existed) stored.add(id)
}

const noteSettle: Note = ({ settled }, { values, result }) =>
  acceptedOf<Settlement>(values, result, (each) => settled.set(claimOf(each), each.verb))

/** What each call tells. */
const NOTES: Readonly<Record<string, Note>> = {
  'jobs.insert': noteInsert,
  'tx.insert': noteInsert,
  'jobs.claim': ({ begun }, { result }) => {
    for (const job of result as ClaimedJob[]) if (job.begun) begun.add(claimOf(job))
  },
  'jobs.begin': ({ begun }, { values, result }) =>
    acceptedOf<Start>(values, result, (start) => begun.add(claimOf(start))),
  'schedules.advance': ({ stored }, { values, result }) => {
    if (result === true) for (const { id } of values[1] as NewJob[]) stored.add(id)
  },
  'jobs.settle': noteSettle,
  'tx.settle': noteSettle,
  'workers.register': ({ leases }, { values }, elapsedMs) => {
    const { id, leaseMs } = values[0] as NewWorker
    leases.set(id, elapsedMs + leaseMs)
  },
  'workers.extend': ({ leases }, { values, result }, elapsedMs) => {
    if (!(result as Beat).lost) leases.set(`${values[0]}`, elapsedMs + Number(values[1]))
  },
  'upkeep.rescue': (witness, { result }) => {
    witness.moreToRescue = (result as Rescued).more
  },
}

function jobOf(claim: string): string {
  return claim.slice(0, claim.indexOf('#'))
}
