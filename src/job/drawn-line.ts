import { Heap } from '../kit/heap.ts'
import type { Random } from '../kit/random.ts'
import {
  compareTurns,
  type GroupStart,
  type Placed,
  type PlannedTurns,
  type Shares,
  shareOf,
  type Turn,
} from './fair-turns.ts'
import { drawPriority, type Weights } from './turns.ts'

/** The jobs of one group at one priority in their order, read as far as they are needed. */
export interface Stock<Job extends Placed> {
  /** '' for those without a group, which are as one. */
  readonly group: string
  readonly first: Job | undefined
  /** Lets go of the first. */
  shift(): void
  /** There are more than it knows: behind the last one that it has, nobody can tell who is next. */
  readonly isCut?: boolean
}

/** What is ready at one priority. */
export interface RankOf<Job extends Placed> {
  readonly priority: number
  readonly stocks: readonly Stock<Job>[]
}

/** By what a queue is drawn from. */
export interface DrawRules {
  readonly queue: string
  /** Each start draws a priority first; `null`: the highest goes first. */
  readonly weights: Weights | null
  readonly shares: Shares
  readonly random: Random
  readonly turns: PlannedTurns
}

/**
 * The jobs of one queue that are drawn, in the order in which they start: by priority, or by its weights; and of that by the turn of
 * its groups. `ranks` come from the highest on, and are asked for as they are needed.
 */
export class DrawnLine<Job extends Placed> {
  readonly #rules: DrawRules
  readonly #more: Iterator<RankOf<Job>>
  #ranks: Rank<Job>[] = []
  #drawn: Rank<Job> | undefined
  /** Where it stands, as far as that was looked, and where it stood when the last one was drawn. */
  #at: Placed | undefined
  #drawnAt: Placed | undefined

  constructor(ranks: Iterable<RankOf<Job>>, rules: DrawRules) {
    this.#rules = rules
    this.#more = ranks[Symbol.iterator]()
  }

  /**
   * By what it stands among other jobs: the best of what it draws from, so that a queue gets its slots by its oldest work, and
   * divides them among its groups. Where priorities are drawn, all are as 0. `undefined`: nothing is left.
   */
  get at(): Placed | undefined {
    this.#at ??= this.#look()
    return this.#at
  }

  #look(): Placed | undefined {
    this.#refill()
    let first: Placed | undefined
    for (const { earliest } of this.#ranks)
      first = earlierOf(first, this.#rules.weights && earliest ? { ...earliest, priority: 0 } : earliest)
    return first && { seq: first.seq, dueAt: first.dueAt, priority: first.priority }
  }

  /** Draws the next one, and lets go of it. */
  next(): Job | undefined {
    this.#drawnAt = this.at
    this.#at = undefined
    this.#drawn = this.#next()
    return this.#drawn?.draw()
  }

  /** The job that was drawn last is taken: it was the turn of its group. */
  took(job: Job): GroupStart | undefined {
    return this.#drawn?.took(job, this.#drawnAt)
  }

  /** It ended before its time: of the group whose turn it is there is more, of which nobody knows here. */
  get isCut(): boolean {
    return this.#drawn?.isCut ?? false
  }

  #next(): Rank<Job> | undefined {
    const { weights, random } = this.#rules
    if (weights === null || this.#ranks.length < 2) return this.#ranks[0]
    const priorities = this.#ranks.map(({ priority }) => priority)
    const drawn = drawPriority(priorities, weights, random)
    return this.#ranks.find(({ priority }) => priority === drawn)
  }

  /** Where priorities are drawn, all have to be there; else the highest that has anything. */
  #refill(): void {
    this.#ranks = this.#ranks.filter((rank) => !rank.isEmpty)
    while (this.#rules.weights !== null || this.#ranks.length === 0) {
      const { value, done } = this.#more.next()
      if (done) return
      const rank = new Rank<Job>(value, this.#rules)
      if (!rank.isEmpty) this.#ranks.push(rank)
    }
  }
}

interface Group<Job extends Placed> {
  readonly stock: Stock<Job>
  turn: Turn
}

/** The groups of one priority, the one whose turn it is first. */
class Rank<Job extends Placed> {
  readonly priority: number
  readonly #rules: DrawRules
  readonly #groups: readonly Group<Job>[]
  readonly #inTurn = new Heap<Group<Job>>(goesFirst)
  /** The first of them, of which one was drawn: it is not in its place by now. */
  #drawn: Group<Job> | undefined

  constructor({ priority, stocks }: RankOf<Job>, rules: DrawRules) {
    this.priority = priority
    this.#rules = rules
    const round = rules.turns.round({ queue: rules.queue, priority })
    this.#groups = stocks
      .filter(({ first }) => first !== undefined)
      .map((stock) => ({ stock, turn: round.turnOf(stock.group) }))
    for (const group of this.#groups) this.#inTurn.add(group)
  }

  get isEmpty(): boolean {
    this.#settle()
    return this.#inTurn.size === 0
  }

  get isCut(): boolean {
    this.#settle()
    const least = this.#inTurn.least
    return least !== undefined && least.stock.first === undefined
  }

  get earliest(): Job | undefined {
    let earliest: Job | undefined
    for (const { stock } of this.#groups) earliest = earlierOf(earliest, stock.first)
    return earliest
  }

  draw(): Job | undefined {
    this.#settle()
    const least = this.#inTurn.least
    const job = least?.stock.first
    if (job === undefined) return undefined
    least?.stock.shift()
    this.#drawn = least
    return job
  }

  took(job: Job, at: Placed | undefined): GroupStart | undefined {
    const { queue, shares, turns } = this.#rules
    if (!this.#drawn) return undefined
    const { group } = this.#drawn.stock
    const start = { queue, priority: this.priority, group, share: shareOf(shares, group), at }
    turns.start(job.seq, start)
    this.#drawn.turn = turns.round(start).turnOf(group)
    return start
  }

  #settle(): void {
    if (!this.#drawn) return
    const { first, isCut = false } = this.#drawn.stock
    this.#drawn = undefined
    if (first === undefined && !isCut) this.#inTurn.take()
    else this.#inTurn.sinkLeast()
  }
}

/** By the turns of the groups, and then by their first jobs. */
function goesFirst<Job extends Placed>(one: Group<Job>, other: Group<Job>): boolean {
  const byTurn = compareTurns(one.turn, other.turn)
  if (byTurn !== 0) return byTurn < 0
  return one.stock.first !== undefined && earlierOf(other.stock.first, one.stock.first) === one.stock.first
}

/** Of two jobs of which one may be missing. */
function earlierOf<Job extends Placed>(one: Job | undefined, other: Job | undefined): Job | undefined {
  if (!one || !other) return one ?? other
  return (other.priority - one.priority || one.dueAt - other.dueAt || one.seq - other.seq) <= 0 ? one : other
}
