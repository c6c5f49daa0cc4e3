import { readLaneName } from '../job/lane-name.ts'

/**
 * The unfinished jobs of a queue, counted no further than somebody wants to know: what waits is found by the indexes of that, so
 * that it costs the same whatever waits.
 */
export interface Backlog {
  /** By name, and only those that have any; the first `BACKLOG_NAMES_MAX`. */
  readonly names: readonly NameBacklog[]
  /** Of those, what requires something of its worker, by name and by what that is. */
  readonly requiring: readonly RequiringBacklog[]
  /** Gates at which its jobs wait, of as many of these as are counted; where most wait first, at most `BACKLOG_GATES_MAX`. */
  readonly gates: readonly { readonly gate: string; readonly waiting: number }[]
}

/** Each count ends at the most that was asked for. */
export interface NameBacklog {
  readonly name: string
  /** Due, and nobody holds it: those that wait at a gate, or for a worker that runs nothing else, are counted apart. */
  readonly ready: number
  /** Due, and for a worker that runs nothing else. */
  readonly alone: number
  /** At a gate. */
  readonly parked: number
  /** Not due yet: of the next ones of all queues, as many as are counted. */
  readonly delayed: number
  /** When the first of those is due. */
  readonly nextDueAt: number | null
  /** Claimed ahead by a worker, and not begun. */
  readonly held: number
  readonly running: number
}

/** Jobs of a name that require the same. */
interface RequiringBacklog extends NameBacklog {
  readonly requirements: string
}

export const BACKLOG_NAMES_MAX = 100

export const BACKLOG_GATES_MAX = 10

/** What was counted in one place; by the name of the lane where it stands in one. */
export type Counted = Pick<NameBacklog, 'name'> & Counts

type Counts = Partial<Omit<NameBacklog, 'name'>>

const NOTHING: Omit<NameBacklog, 'name'> = {
  ...{ ready: 0, alone: 0, parked: 0, delayed: 0, nextDueAt: null, held: 0, running: 0 },
}

/** What was counted in several places, each name once. */
export function byName(parts: readonly Counted[], countedMax: number): Pick<Backlog, 'names' | 'requiring'> {
  const lanes = parts.map(({ name: lane, ...counts }) => ({ lane, ...readLaneName(lane), ...counts }))
  const requiring = lanes.filter(({ requirements }) => requirements !== '')
  return {
    names: addUp(lanes, countedMax),
    requiring: addUp(
      requiring.map(({ lane, ...counts }) => ({ ...counts, name: lane })),
      countedMax,
    ).map(({ name: lane, ...counts }) => ({ ...counts, ...readLaneName(lane) })),
  }
}

/** One row a name. */
function addUp(parts: readonly Counted[], countedMax: number): NameBacklog[] {
  const names = new Map<string, NameBacklog>()
  for (const { name, ...part } of parts) {
    const before = names.get(name) ?? { name, ...NOTHING }
    const counted = (key: Exclude<keyof Counts, 'nextDueAt'>) =>
      Math.min(countedMax, before[key] + (part[key] ?? 0))
    names.set(name, {
      name,
      ...{ ready: counted('ready'), alone: counted('alone'), parked: counted('parked') },
      ...{ delayed: counted('delayed'), held: counted('held'), running: counted('running') },
      nextDueAt: earlier(part.nextDueAt ?? null, before.nextDueAt),
    })
  }
  const found = [...names.values()].filter(hasAny)
  return found.sort((one, other) => (one.name < other.name ? -1 : 1)).slice(0, BACKLOG_NAMES_MAX)
}

function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}

function hasAny({ ready, alone, parked, delayed, held, running }: NameBacklog): boolean {
  return ready + alone + parked + delayed + held + running > 0
}
