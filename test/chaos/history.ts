import type { Entry, History, RestingJob, Write } from '../../chaos/history.ts'

/** What somebody wrote down, and when. */
export type Line = Entry & { readonly atMs: number; readonly process?: string }

const LEASE_MS = 3_000

/** A job and the epoch of a claim of it. */
type Job = readonly [id: string, epoch: number]

/** The process of the worker that is killed, and of the one that goes on. */
export const KILLED = 'worker-1.1'
export const OTHER = 'worker-2.1'

/**
 * A short run in which all is well. Job `a` is completed by the worker `w1`; `b` runs in it when its process is killed, and is
 * completed by `w2`; `c` is held by `w1` meanwhile, and has not begun; `d` is cancelled.
 */
const GOOD: readonly Line[] = [
  { atMs: 10, process: 'client-1.1', kind: 'acknowledged', ids: ['a', 'b', 'c', 'd'] },
  { atMs: 12, process: 'client-1.1', kind: 'asked', order: 'cancel', call: 1, ids: ['d'] },
  { atMs: 14, process: 'client-1.1', kind: 'answered', order: 'cancel', call: 1, ids: ['d'] },
  leased('w1', 5, KILLED),
  claimed(20, 'w1', ['a', 1], ['b', 1]),
  { atMs: 21, kind: 'claimed', worker: 'w1', jobs: [{ id: 'c', epoch: 1, begun: false }], sentMs: 20 },
  started(22, 'w1', ['a', 1]),
  started(23, 'w1', ['b', 1]),
  ended(30, 'w1', ['a', 1]),
  wrote(40, 'w1', ['a', 1]),
  { atMs: 100, process: 'main', kind: 'fault', fault: 'kill a worker', target: KILLED, forMs: 0 },
  leased('w2', 3_100, OTHER),
  { ...rescued(3_200, 'w1', ['b', 'c']), process: OTHER },
  claimed(3_210, 'w2', ['b', 2], ['c', 2]),
  { ...started(3_220, 'w2', ['b', 2]), process: OTHER },
  { ...ended(3_230, 'w2', ['b', 2]), process: OTHER },
  wrote(3_240, 'w2', ['b', 2]),
  { ...started(3_220, 'w2', ['c', 2]), process: OTHER },
  { ...ended(3_230, 'w2', ['c', 2]), process: OTHER },
  wrote(3_240, 'w2', ['c', 2]),
]

const RESTING: readonly RestingJob[] = [
  { id: 'a', state: 'complete', epoch: 1, crashes: 0 },
  { id: 'b', state: 'complete', epoch: 2, crashes: 1 },
  { id: 'c', state: 'complete', epoch: 2, crashes: 0 },
  { id: 'd', state: 'cancelled', epoch: 0, crashes: 0 },
]

interface Changes {
  /** What is written down besides. */
  readonly also?: readonly Line[]
  /** How some of the jobs are found in the end instead. */
  readonly resting?: Readonly<Record<string, Partial<RestingJob>>>
  /** Jobs that are not there. */
  readonly without?: readonly string[]
  readonly rows?: readonly string[]
}

/** The good run, or one that is like it but for these changes. */
export function historyWith({ also = [], resting = {}, without = [], rows = [] }: Changes = {}): History {
  const entries = [...GOOD, ...also].map((line) => ({ process: KILLED, ...line }))
  return {
    entries: entries.sort((left, right) => left.atMs - right.atMs),
    jobs: RESTING.filter(({ id }) => !without.includes(id)).map((job) => ({ ...job, ...resting[job.id] })),
    rows,
  }
}

export function leased(worker: string, atMs: number, process = KILLED): Line {
  return { atMs, process, kind: 'leased', worker, leaseMs: LEASE_MS, sentMs: atMs - 1 }
}

export function claimed(atMs: number, worker: string, ...jobs: readonly Job[]): Line {
  const begun = true
  return {
    atMs,
    kind: 'claimed',
    worker,
    jobs: jobs.map(([id, epoch]) => ({ id, epoch, begun })),
    sentMs: atMs - 1,
  }
}

export function rescued(atMs: number, worker: string, jobs: readonly string[]): Line {
  return { atMs, kind: 'rescued', workers: [worker], jobs, sentMs: atMs - 1 }
}

export function started(atMs: number, worker: string, [id, epoch]: Job): Line {
  return { atMs, kind: 'started', id, epoch, worker, attempt: 1 }
}

export function ended(atMs: number, worker: string, [id, epoch]: Job): Line {
  return { atMs, kind: 'ended', id, epoch, worker }
}

/** That the store has accepted a settlement, a completion if nothing else is said. */
export function wrote(
  atMs: number,
  worker: string,
  [id, epoch, verb = 'complete']: readonly [...Job, verb?: Write['verb']],
): Line {
  return { atMs, kind: 'wrote', sentMs: atMs - 1, writes: [{ id, epoch, worker, verb }] }
}
