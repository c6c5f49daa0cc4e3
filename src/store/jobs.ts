import type { FairTurns } from '../job/fair-turns.ts'
import type { JobRecord } from '../job/job.ts'
import type { NewJob } from '../job/new-job.ts'
import type { Hold, Settlement } from '../job/outcome.ts'
import type { Progress } from '../job/progress.ts'
import type { Ability } from '../job/requirements.ts'
import type { Random } from '../kit/random.ts'

/** The hot verbs: what enqueuers and workers call thousands of times a second. All take and return lists. */
export interface JobStore {
  /**
   * Stores new jobs, durably: when this resolves they survive a power cut. A job whose key is held by an unfinished
   * job of the same name is not stored; the result names that one. A job that is there already was stored by this very
   * call, made again after its answer was lost.
   *
   * What else may happen to it, its `keyRule` says, and `meet` decides: jobs of one call meet each other, too.
   *
   * @throws MillhandError `queue_full`, `key_conflict`, when not one of them is stored
   */
  insert(jobs: readonly NewJob[], pendingMax: number): Promise<Inserted[]>
  /** Takes up to `limit` due jobs for a worker, best first: priority, then due time, then order of arrival. */
  claim(request: ClaimRequest): Promise<ClaimedJob[]>
  /** Writes that jobs which were held have begun, fenced likewise: until then a crash does not blame them. */
  begin(starts: readonly Start[]): Promise<Settled[]>
  /**
   * Writes how running jobs ended, durably; each is fenced by state, worker and epoch, and refused when that is over.
   * `repeated`: the call is made again after its answer was lost, so that what it wrote then is no other's.
   */
  settle(settlements: readonly Settlement[], repeated?: boolean): Promise<Settled[]>
  /** Writes progress, checkpoints and log lines of running jobs, fenced likewise. */
  report(reports: readonly Report[]): Promise<Settled[]>
  /** Whether a job is ready, of those that the worker serves, that has to run alone: see `CARE`. */
  waitsAlone(request: Served): Promise<boolean>
  /** The first due time that no claim has seen to yet, be it past or to come; `null` where there is none. */
  nextDueAt(): Promise<number | null>
}

export interface Inserted {
  readonly id: string
  /** The key was held: `id` is the job that holds it. */
  readonly existed: boolean
  /** It waited, and is what this job was from now on. */
  readonly replaced?: true
}

/** Which jobs a worker takes: their names, their queues, and what it is able to do for those that require it. */
export type Served = Pick<ClaimRequest, 'names' | 'queues' | 'ability'>

export interface ClaimRequest {
  readonly worker: string
  readonly limit: number
  /** Names, and prefixes of names, that the worker has handlers for; `null`: any. */
  readonly names: readonly string[] | null
  /** Queues that it serves; `null`: any. Paused queues are left out by the store. */
  readonly queues: readonly string[] | null
  /** What the worker is able to do; nothing: no more than every worker. */
  readonly ability?: Ability
  /** How many of them begin at once, the best ones. The others are held: still pending, until `begin` is written. */
  readonly begins: number
  /**
   * The worker has nothing else: where a job is ready that has to run alone (see `CARE`), it is taken, and no other one.
   * Else those are left out.
   */
  readonly takesAlone: boolean
  /** Most bytes that the answer may bring, about; one job comes in any case. */
  readonly bytesMax: number
  /** A second filter, asked before a job is claimed: a job that it refuses is left as it was. */
  readonly accepts?: (job: ClaimedJob) => boolean
  /** Only jobs that come after this place in the order: where an earlier claim gave up. */
  readonly after?: Place
  /** By what priorities are drawn, in queues where they have weights. */
  readonly random?: Random
  /** Whose turn it is among groups, as its worker has given turns until now. */
  readonly turns?: FairTurns
}

/** Jobs that `accepts` may refuse in one claim before it gives up: a predicate that refuses all must not walk all. */
export const REFUSALS_MAX = 1_000

/** About how many bytes a job brings its worker: what may be large of it. */
export function bytesOf(
  job: Pick<JobRecord, 'input' | 'checkpoint' | 'errors' | 'context' | 'tags' | 'key'>,
): number {
  const { input, checkpoint, errors, context, tags, key } = job
  return [input, checkpoint, errors, context, tags, key].reduce((sum, text) => sum + (text?.length ?? 0), 0)
}

/**
 * A place in the order in which jobs are claimed: priority, due time, arrival. In a queue of another order, its rank and its
 * place stand for the first two: see `placeOf`.
 */
export type Place = Pick<JobRecord, 'priority' | 'dueAt' | 'seq'>

/** Where a job stands in the order in which jobs are claimed. */
export function placeOf({ priority, dueAt, seq, rank, place }: Place & Ranked): Place {
  return { priority: rank ?? priority, dueAt: place ?? dueAt, seq }
}

/** What a job stands by in place of its priority and its due time, in a queue of another order. */
type Ranked = Pick<JobRecord, 'rank' | 'place'>

/** Less than nothing: the first job is claimed before the other one. */
export function compareJobs(one: Place & Ranked, other: Place & Ranked): number {
  const byRank = (other.rank ?? other.priority) - (one.rank ?? one.priority)
  return byRank || (one.place ?? one.dueAt) - (other.place ?? other.dueAt) || one.seq - other.seq
}

/** What a worker needs of a job to run it. */
export type ClaimedJob = Omit<
  JobRecord,
  | 'state'
  | 'worker'
  | 'progress'
  | 'output'
  | 'outcome'
  | 'reason'
  | 'failureKind'
  | 'finishedAt'
  | 'startedAt'
  | 'gate'
  | 'rerunOf'
> & {
  /** The store's time at the claim: the worker reckons from it, whatever its own clock says. */
  readonly claimedAt: number
  /** The id of the job whose result it takes: it is not run. */
  readonly answer?: string | undefined
  /** Whether it begins at once, as the store has written; else it is held. */
  readonly begun: boolean
  /** What the store keeps it in; a settlement brings it back. Only of a store that keeps jobs so. */
  readonly hold?: Hold | undefined
}

/** That a job which was held has begun. */
export interface Start {
  readonly seq: number
  readonly id: string
  readonly worker: string
  readonly epoch: number
  /** From the claim to the begin. */
  readonly afterMs: number
  /** What the store keeps it in. */
  readonly hold?: Hold | undefined
}

/** `refused`: the job is no longer this attempt's; `cancelled` says that it is because somebody cancelled it. */
export type Settled = 'settled' | 'cancelled' | 'refused'

/** What a running job tells of itself. */
export interface Report {
  readonly seq: number
  readonly id: string
  readonly worker: string
  readonly epoch: number
  readonly progress?: Progress
  /** JSON. */
  readonly checkpoint?: string
  readonly logs?: readonly LogLine[]
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export interface LogLine {
  readonly at: number
  readonly level: (typeof LOG_LEVELS)[number]
  readonly message: string
  /** JSON. */
  readonly data: string | null
}
