import { isPrefix, stemOf } from '../../../job/handled-names.ts'
import type { ClaimRequest, Place } from '../../jobs.ts'
import type { Taken } from './held.ts'
import type { JobRow } from './job-row.ts'
import type { CLASSES } from './lane-of-job.ts'
import { isCapable } from './requiring.ts'

/** A place in the order of the due times. */
export type Due = Pick<Place, 'dueAt' | 'seq'>

/** What a look tells beside the jobs that it brings. */
export interface Note {
  /** When it was. */
  readonly atMs: number
  /** Whether the worker had a lease: nothing is done for one without. */
  readonly alive: boolean
  /** A job waits that has to run alone: nothing else was taken. */
  readonly apart: boolean
  /** Jobs are ready that have to pass gates, or to be drawn. */
  readonly limited: boolean
  /** Jobs are ready that require something; asked for by workers alone that are able to do anything. */
  readonly requiring: boolean
  /** Gates open by themselves by now, at which jobs wait. */
  readonly opening: boolean
  /** It left some of what it had found. */
  readonly more: boolean
  /** What it has taken; `null` where it only looked. */
  readonly taken: Taken | null
  /** What it has made ready: the place of the last one that was due, and the first place in each lane. */
  readonly due: readonly [dueAt: number, seq: number] | null
  readonly promoted: readonly LanePlace[] | null
  /** The lanes with the best first jobs, and where those are. */
  readonly tops?: readonly LanePlace[] | null
  /** Lanes that were looked into and have more, each with the place behind which, and whether all of what was read was taken. */
  readonly next?: readonly (readonly [...LanePlace, drained: boolean | null])[] | null
}

/** What a look has seen beside what it may take. */
export type Seen = Pick<Note, 'limited' | 'requiring' | 'opening'>

export const NOTHING_SEEN: Seen = { limited: false, requiring: false, opening: false }

export type LanePlace = readonly [lane: number, priority: number, dueAt: number, seq: number]

/** Where a look begins, and what it does beside. */
export interface Look {
  readonly class: (typeof CLASSES)[number]
  readonly after?: Place | undefined
  readonly due: Due
  /** How many jobs that are due it makes ready. */
  readonly promotes: number
  /** By when they are due: the time of the claim's first look. */
  readonly horizonMs: number | null
  /** Whether a job that has to run alone goes before all others. */
  readonly heedsApart: boolean
}

/** The parameters that all looks have. */
export const LOOK_PARAMETERS = {
  worker: 'text',
  limit: 'integer',
  names: 'text[]',
  stems: 'text[]',
  queues: 'text[]',
  class: 'smallint',
  afterRank: 'integer',
  afterDueAt: 'bigint',
  afterSeq: 'bigint',
  dueFrom: 'bigint',
  dueFromSeq: 'bigint',
  promotes: 'integer',
  horizon: 'bigint',
  heedsApart: 'boolean',
  capable: 'boolean',
} as const

export function lookValues({ worker, limit, queues, ...served }: ClaimRequest, look: Look) {
  const { after = FIRST, due, promotes, horizonMs, heedsApart } = look
  return {
    ...{ worker, limit, queues, ...namesOf(served.names), class: look.class },
    ...{ afterRank: -after.priority, afterDueAt: after.dueAt, afterSeq: after.seq },
    ...{ dueFrom: due.dueAt, dueFromSeq: due.seq, promotes, horizon: horizonMs },
    heedsApart: String(heedsApart),
    capable: String(isCapable({ ...served, queues })),
  }
}

/** Names as they are compared: those that are one name, and how those begin that are handled by their prefix. */
export function namesOf(names: readonly string[] | null) {
  if (!names?.some(isPrefix)) return { names, stems: null }
  return { names: names.filter((name) => !isPrefix(name)), stems: names.filter(isPrefix).map(stemOf) }
}

/** Before every job. */
const FIRST: Place = { priority: 2 ** 31, dueAt: 0, seq: 0 }

/** Less than nothing: the first place comes before the other one. */
export function comparePlaces(one: Place, other: Place): number {
  return other.priority - one.priority || one.dueAt - other.dueAt || one.seq - other.seq
}

/** Jobs that become ready in one statement. Bounds how long it holds their locks. */
const PROMOTE_MAX = 1_000
/** Statements of a claim that do so, before it takes what is ready whatever else is due: the next claim goes on. */
const PROMOTE_ROUNDS = 3
/** A job may be due before the transaction that stores it has committed. */
const DUE_GRACE_MS = 1_000

export interface Answer<Row extends JobRow> {
  readonly rows: readonly Row[]
  readonly note: Note
  /** Everything before has become ready, as far as could be seen. */
  readonly due: Due
}

/**
 * What is due by the time of the first look becomes ready first, in bounded pieces; a look that has made something
 * ready takes nothing, so that it is seen among the others. Then is taken what is ready, whatever else is due: jobs
 * that keep coming due stop no claim. `send` is told what has become ready.
 */
export async function whenPromoted<Row extends JobRow>(
  from: Due,
  send: (how: Pick<Look, 'due' | 'promotes' | 'horizonMs'>, promoted: readonly LanePlace[]) => Promise<Row[]>,
): Promise<Answer<Row>> {
  let due = from
  let horizonMs: number | null = null
  let promoted: readonly LanePlace[] = []
  for (let round = 0; ; round += 1) {
    const promotes = round < PROMOTE_ROUNDS ? PROMOTE_MAX : 0
    const {
      rows,
      note,
    }: Pick<Answer<Row>, 'rows' | 'note'> = parted(await send({ due, promotes, horizonMs }, promoted))
    horizonMs ??= note.atMs
    if (!note.due) {
      const isSeen = note.alive && promotes > 0
      return { rows, note, due: isSeen ? { dueAt: horizonMs - DUE_GRACE_MS, seq: 0 } : due }
    }
    const [dueAt, seq] = note.due
    due = { dueAt, seq }
    promoted = note.promoted ?? []
  }
}

/** The rows with a job, and what the one without says in its last column. */
function parted<Row extends JobRow>(
  rows: readonly Row[],
): { readonly rows: readonly Row[]; readonly note: Note } {
  const jobs = rows.filter((row) => row[0] !== null)
  const note = rows.findLast((row) => row[0] === null)
  return { rows: jobs, note: JSON.parse(String(note?.at(-1))) }
}
