/**
 * Whose turn it is among the groups of a queue: start-time fair queueing. Each start moves the turn of its group on by what its
 * share says. A group that comes anew begins at the turn of now, so that it is next, and that one without work saves up nothing.
 */

/** How often a group starts, against the others; of one that is not named: 1. */
export type Shares = Readonly<Record<string, number>>

const SHARE = 1

export function shareOf(shares: Shares, group: string): number {
  return Object.hasOwn(shares, group) ? (shares[group] ?? SHARE) : SHARE
}

/** The turn of a group, and which start of all was its last one: 0, where none is known. */
export interface Turn {
  readonly at: number
  readonly last: number
}

/** Less than nothing: the one goes first. Of equal turns it is the one that has waited for longer. */
export function compareTurns(one: Turn, other: Turn): number {
  return one.at - other.at || one.last - other.last
}

/** Where a job stands in the order of its queue: see `Place` of the stores. */
export interface Placed {
  readonly seq: number
  readonly priority: number
  readonly dueAt: number
}

/** One start of a job of a group, among those of its queue and its priority. */
export interface GroupStart {
  readonly queue: string
  readonly priority: number
  readonly group: string
  readonly share: number
  /** Where its queue stood among others when it was drawn. */
  readonly at?: Placed | undefined
}

/**
 * Groups that are remembered, of all queues and priorities: of more, those of the queues and priorities that were not used for the
 * longest, and those that have not started for the longest, are taken for new.
 */
const GROUPS_MAX = 20_000
/** Queues and priorities, and places from which a claim is to go on. */
const ROUNDS_MAX = 1_000
/** Fewer are not worth to look which of them have passed. */
const SWEPT_MIN = 1_000

/** What is remembered of a group: from when on it has had work, and how many starts since. To add up shares would add up what is lost in rounding. */
interface Run {
  readonly from: number
  readonly starts: number
  readonly share: number
  readonly last: number
}

const NEW: Run = { from: 0, starts: 0, share: SHARE, last: 0 }

function turnAfter({ from, starts, share }: Run): number {
  return from + starts / share
}

/** The turns of the groups of one queue at one priority. */
export class Round {
  #now = 0
  #starts = 0
  #sweepsAt = SWEPT_MIN
  readonly #turns = new Map<string, Run>()
  readonly #before: Round | undefined

  /** What is told to it changes nothing of the one `before` it. */
  constructor(before?: Round) {
    this.#before = before
    if (!before) return
    this.#now = before.#now
    this.#starts = before.#starts
  }

  /** How many groups it remembers. */
  get size(): number {
    return this.#turns.size
  }

  turnOf(group: string): Turn {
    const known = this.#known(group)
    return { at: Math.max(turnAfter(known), this.#now), last: known.last }
  }

  start(group: string, share: number): void {
    const known = this.#known(group)
    const { at } = this.turnOf(group)
    const goesOn = known.share === share && at === turnAfter(known)
    this.#now = at
    this.#starts += 1
    // The last one that started stands last.
    this.#turns.delete(group)
    const [from, before] = goesOn ? [known.from, known.starts] : [at, 0]
    this.#turns.set(group, { from, starts: before + 1, share, last: this.#starts })
    if (this.#turns.size > this.#sweepsAt) this.#sweep()
  }

  #known(group: string): Run {
    return this.#turns.get(group) ?? (this.#before ? this.#before.#known(group) : NEW)
  }

  /** A group whose turn has passed is as one that comes anew. */
  #sweep(): void {
    for (const [group, run] of this.#turns) {
      if (turnAfter(run) < this.#now || this.#turns.size > GROUPS_MAX) this.#turns.delete(group)
    }
    this.#sweepsAt = Math.max(SWEPT_MIN, 2 * this.#turns.size)
  }
}

function roundOf({ queue, priority }: Pick<GroupStart, 'queue' | 'priority'>): string {
  return `${priority} ${queue}`
}

/** The turns as one claim sees them: what it takes counts at once for what it takes next, and for nothing else. */
export class PlannedTurns {
  readonly #rounds = new Map<string, Round>()
  readonly #starts = new Map<number, GroupStart>()
  readonly #before: (name: string) => Round | undefined
  /** Where there are more groups than one claim looks at: the last one that was looked at, by the place that was looked into. */
  readonly looked: Map<string, string>

  constructor(before: (name: string) => Round | undefined, looked: Map<string, string>) {
    this.#before = before
    this.looked = looked
  }

  round(place: Pick<GroupStart, 'queue' | 'priority'>): Round {
    const name = roundOf(place)
    const round = this.#rounds.get(name) ?? new Round(this.#before(name))
    this.#rounds.set(name, round)
    return round
  }

  /** The claim takes the job with this number. */
  start(seq: number, start: GroupStart): void {
    this.#starts.set(seq, start)
    this.round(start).start(start.group, start.share)
  }

  /** It has drawn nothing. */
  get isEmpty(): boolean {
    return this.#starts.size === 0
  }

  startOf(seq: number): GroupStart | undefined {
    return this.#starts.get(seq)
  }

  /** A plan of which nothing comes here. */
  beside(): PlannedTurns {
    return new PlannedTurns((name) => this.#rounds.get(name) ?? this.#before(name), this.looked)
  }

  /** The last group that was looked at of a place; none where the next look begins with the first. */
  lookedUpTo(place: string, group: string | undefined): void {
    this.looked.delete(place)
    if (group === undefined) return
    this.looked.set(place, group)
    forgetFirst(this.looked)
  }
}

/** The turns of groups as one worker gives them: each is fair by itself, so that all of them together are. */
export class FairTurns {
  readonly #rounds = new Map<string, Round>()
  readonly #looked = new Map<string, string>()
  #groups = 0
  #plan: PlannedTurns | undefined

  /** How many groups it remembers. */
  get size(): number {
    return this.#groups
  }

  /** A claim begins: what an earlier one took that is not counted by now was not taken after all. */
  begin(): PlannedTurns {
    this.#plan = new PlannedTurns((name) => this.#rounds.get(name), this.#looked)
    return this.#plan
  }

  /** The claim has brought these jobs. */
  count(jobs: readonly { readonly seq: number }[]): void {
    if (!this.#plan || this.#plan.isEmpty) return
    for (const { seq } of jobs) {
      const start = this.#plan.startOf(seq)
      if (start) this.#start(start)
    }
    this.#forgetSome()
  }

  #start(start: GroupStart): void {
    const name = roundOf(start)
    const round = this.#rounds.get(name) ?? new Round()
    const before = round.size
    round.start(start.group, start.share)
    this.#groups += round.size - before
    // The one that was used last stands last.
    this.#rounds.delete(name)
    this.#rounds.set(name, round)
  }

  /** But for the one that was used last, which keeps within its own bounds. */
  #forgetSome(): void {
    for (const [name, round] of this.#rounds) {
      const isEnough = this.#rounds.size <= ROUNDS_MAX && this.#groups <= GROUPS_MAX
      if (isEnough || this.#rounds.size === 1) return
      this.#rounds.delete(name)
      this.#groups -= round.size
    }
  }
}

function forgetFirst(map: Map<string, unknown>): void {
  for (const name of map.keys()) {
    if (map.size <= ROUNDS_MAX) return
    map.delete(name)
  }
}
