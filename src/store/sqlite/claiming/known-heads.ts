import { Heap } from '../../../kit/heap.ts'
import type { Served } from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import type { ReadyKind } from '../pending.ts'
import {
  headsAmong,
  headsIn,
  headsSince,
  isAnyServed,
  type LaneHead,
  pausedQueues,
  servedBy,
} from './heads.ts'
import { comesBefore, type LaneReader } from './lane-reader.ts'

/** Up to so many lanes are looked at anew by each claim: 2 µs each. */
const FEW_LANES = 32
/** Jobs that came since the last look; of more, all lanes are looked at. */
const NEW_JOBS_MAX = 10_000
/** Whatever was thought of is thought of again in this time. */
const LOOK_ANEW_MS = 30_000

/** Who has written what could have made a known place too late. */
interface Marks {
  /** Counts how often jobs were made ready that had been there before. */
  readonly returns: number
  /** The newest job. */
  readonly newest: number
}

const MARKS = `select (select count from millhand_returns) as returns,
  coalesce((select seq from sqlite_sequence where name = 'millhand_jobs'), 0) as newest`

/**
 * The lanes that have something, remembered from one claim to the next where they are many: to look at 10,000 takes
 * 30 ms, and a claim takes its jobs from a few hundred of them. Of each a place is known that no job in it comes before.
 * That stays true when jobs are taken, by whomever; what could make it wrong is seen by the marks, in the transaction of
 * the claim: new jobs are looked at one by one, and where old ones have come back, all lanes are looked at again.
 */
export class KnownHeads {
  readonly #heads = new Map<number, LaneHead>()
  /** Those of them that are served, and what they were before: an entry counts only while it is the lane's own. */
  #inOrder = new Heap<LaneHead>(comesBefore)
  #isServed: (lane: LaneHead) => boolean = () => true
  /** What is served, as a text to compare. */
  #served = ''
  #marks: Marks | undefined
  #lookedAtMs = 0

  /** Whether something is ready that is served. Asked without a lock. */
  isAny(connection: Connection, served: Served, nowMs: number): boolean {
    if (!this.#marks) return isAnyServed(connection, servedBy(served, pausedQueues(connection)), 'ready')
    this.refresh(connection, served, nowMs)
    return this.least !== undefined
  }

  /** Brings it up to date, for somebody who serves this. */
  refresh(connection: Connection, served: Served, nowMs: number): void {
    const paused = pausedQueues(connection)
    const text = JSON.stringify([served.queues, served.names, served.ability, paused])
    // Read before all else: what comes meanwhile is seen by the next one.
    const marks = connection.get<Marks>(MARKS) ?? { returns: 0, newest: 0 }
    const isOld = !this.#isUpToDate(marks, nowMs)
    if (isOld || text !== this.#served) this.#isServed = servedBy(served, paused)
    if (isOld) this.#lookAnew(connection, nowMs)
    else if (text !== this.#served) this.#reorder()
    this.#served = text
    if (this.#marks && marks.newest > this.#marks.newest)
      this.#addAll(headsSince(connection, this.#marks.newest))
    this.#marks = this.#heads.size > FEW_LANES ? marks : undefined
  }

  /** This process itself has made these jobs ready, just now. */
  returned(connection: Connection, seqs: readonly number[]): void {
    if (!this.#marks || seqs.length === 0) return
    this.#addAll(headsAmong(connection, seqs))
    this.#marks = { ...this.#marks, returns: this.#marks.returns + 1 }
  }

  get size(): number {
    return this.#inOrder.size
  }

  /** The lane whose place is the first of all. */
  get least(): LaneHead | undefined {
    for (let head = this.#inOrder.least; head; head = this.#inOrder.least) {
      if (this.#heads.get(head.lane) === head) return head
      this.#inOrder.take()
    }
    return undefined
  }

  /** Takes the first one out of the order, to read it. */
  take(): void {
    this.#inOrder.take()
  }

  /** What a claim has left of the lanes that it has read. */
  putBack(lanes: readonly LaneReader[]): void {
    for (const { head, rest } of lanes) {
      this.#heads.delete(head.lane)
      if (rest) this.#add(rest)
    }
  }

  /** Knows nothing any more: a claim that failed has left it wrong. */
  forget(): void {
    this.#marks = undefined
  }

  #isUpToDate({ returns, newest }: Marks, nowMs: number): boolean {
    return (
      this.#marks?.returns === returns &&
      newest - this.#marks.newest <= NEW_JOBS_MAX &&
      Math.abs(nowMs - this.#lookedAtMs) < LOOK_ANEW_MS
    )
  }

  #lookAnew(connection: Connection, nowMs: number): void {
    // If the look fails, nothing is known.
    this.#marks = undefined
    this.#lookedAtMs = nowMs
    this.#heads.clear()
    this.#inOrder = new Heap<LaneHead>(comesBefore)
    this.#addAll(headsIn(connection, 'ready'))
  }

  #reorder(): void {
    this.#inOrder = new Heap<LaneHead>(comesBefore)
    for (const head of this.#heads.values()) if (this.#isServed(head)) this.#inOrder.add(head)
  }

  #addAll(heads: readonly LaneHead[]): void {
    for (const head of heads) {
      const known = this.#heads.get(head.lane)
      if (!known || comesBefore(head, known)) this.#add(head)
    }
  }

  #add(head: LaneHead): void {
    this.#heads.set(head.lane, head)
    if (this.#isServed(head)) this.#inOrder.add(head)
  }
}

/** The lanes of jobs that run alone, or that have to pass gates: few, and looked at anew each time. */
export function headsOfKind(connection: Connection, served: Served, kind: ReadyKind): Heap<LaneHead> {
  const isServed = servedBy(served, pausedQueues(connection))
  const heads = new Heap<LaneHead>(comesBefore)
  for (const head of headsIn(connection, kind)) if (isServed(head)) heads.add(head)
  return heads
}
