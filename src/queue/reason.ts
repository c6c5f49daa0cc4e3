import type { Job, JobRecord } from '../job/job.ts'
import type { Limit } from '../job/limit.ts'
import type { GroupTurn } from '../store/catalog.ts'
import type { GateRecord } from '../store/limits.ts'
import type { WorkerRecord } from '../store/workers.ts'
import type { Pause } from './pause.ts'

/** One of the reasons why a job is where it is. */
export interface Reason {
  readonly code:
    | 'due_later'
    | 'expired'
    | 'queue_paused'
    | 'queue_full'
    | 'queue_empty'
    | 'no_worker'
    | 'no_capable_worker'
    | 'workers_quiet'
    | 'held'
    | 'equal_running'
    | 'limit_full'
    | 'rate_reached'
    | 'limit_closed'
    | 'limit_unknown'
    | 'limit_open'
    | 'runs_alone'
    | 'waiting_for_slot'
    | 'not_taken'
    | 'behind'
    | 'turn'
    | 'crashed_before'
    | 'running'
    | 'waits_for_child'
    | 'worker_silent'
    | 'handler_goes_on'
    | 'last_error'
    | 'settled'
  readonly text: string
  /** What to do about it, where something can be done. */
  readonly mend?: string
  readonly facts: Readonly<Record<string, string | number | boolean | null>>
}

/** The gate at which a job waits: what its limit lets pass, where that is known, and how it stands. */
export interface GateAround {
  readonly gate: string
  readonly limit: Limit | undefined
  readonly state: Omit<GateRecord, 'gate'>
}

/** A job and what is around it. */
export interface Situation {
  readonly job: Job
  readonly record: JobRecord
  readonly nowMs: number
  /** Of its queue, where that is paused. */
  readonly pause: Pause | undefined
  readonly workers: readonly WorkerRecord[]
  /** The jobs that it has invoked, as far as it waits for them. */
  readonly children?: readonly JobRecord[]
  /** The gate at which it waits. */
  readonly gate?: GateAround | undefined
  /** How many jobs of its queue are ready and start before it. */
  readonly ahead?: number
  /** Where each start draws a priority: how often its own is drawn, against the others. */
  readonly weight?: number | undefined
  /** How its group stands among those of its queue, and its share. */
  readonly turn?: (GroupTurn & { readonly group: string; readonly share: number }) | undefined
}

/** That nobody has heard of a worker within its lease; nothing where somebody has. */
export function whySilent({ workers, nowMs }: Situation, id: string): Reason[] {
  const live = workers.filter(({ leaseUntil }) => leaseUntil > nowMs)
  if (live.some((worker) => worker.id === id)) return []
  const text =
    'its worker has not been heard of within its lease: the job runs again as soon as it is rescued'
  const mend =
    live.length === 0 ? { mend: 'a worker does that, and none is live: start one (millhand work)' } : {}
  return [{ code: 'worker_silent', text, ...mend, facts: { worker: id } }]
}

/** A worker as people know it. */
export function placeOf({ workers }: Pick<Situation, 'workers'>, id: string): string {
  const worker = workers.find((each) => each.id === id)
  if (!worker) return id
  const version = worker.ability?.version
  return `${worker.name} (${worker.host}, process ${worker.pid}${version ? `, version ${version}` : ''})`
}

/** All the reasons, each with what to do about it. */
export function inOneLine(reasons: readonly Reason[]): string {
  return reasons.map(({ text, mend }) => (mend === undefined ? text : `${text} (${mend})`)).join('; ')
}
