import { runsAlone } from '../job/care.ts'
import { deferred } from '../kit/deferred.ts'
import type { Attempt } from './attempt.ts'
import type { Roster } from './roster.ts'

interface SlotsParts {
  readonly concurrency: number
  /** The attempts that are running, be it in a slot or waiting for their children. */
  readonly attempts: Roster
  /** Told when a slot is given back. */
  readonly onFree: () => void
}

/** One that has its children's results, and waits for a slot to go on in. */
interface InLine {
  readonly attempt: Attempt
  readonly goOn: () => void
}

/**
 * Who takes the slots of a worker. An attempt that waits for its children has given its slot back, from its first call of
 * `ctx.invoke` until the last one of those that are open has ended; then it waits in line for a slot, before any job that
 * has not begun. What it does while one is still open takes none: were it to take one, it would keep it from its own child.
 */
export class Slots {
  readonly #parts: SlotsParts
  /** How many calls are open of the attempts that have no slot. */
  readonly #away = new Map<Attempt, number>()
  #line: InLine[] = []
  /** Jobs that have to run alone, until their outcome is written: such a one would be blamed for what another one does. */
  #alone = 0
  /** Those of them that have no slot. */
  #aloneAway = 0

  constructor(parts: SlotsParts) {
    this.#parts = parts
  }

  /** How many are taken. */
  get taken(): number {
    return this.#parts.attempts.size - this.#away.size
  }

  /** How many attempts have none, since they wait. */
  get waiting(): number {
    return this.#away.size
  }

  /** Whether one of its jobs has to run alone, and does or is about to. */
  get runsAlone(): boolean {
    if (this.#alone > this.#aloneAway) return true
    // Asked before each job that begins; mostly nobody is in line.
    return this.#line.length > 0 && this.#line.some(({ attempt }) => runsAlone(attempt.job))
  }

  /** Whether it has given its slot back. */
  isAway(attempt: Attempt): boolean {
    return this.#away.has(attempt)
  }

  /** A job begins, or its outcome is written. */
  enter({ job }: Pick<Attempt, 'job'>): void {
    if (runsAlone(job)) this.#alone += 1
  }

  exit({ job }: Pick<Attempt, 'job'>): void {
    if (runsAlone(job)) this.#alone -= 1
  }

  /** It waits for a child from now on. */
  giveBack(attempt: Attempt): void {
    const open = this.#away.get(attempt)
    this.#away.set(attempt, (open ?? 0) + 1)
    if (open === 0) this.#leaveLine(attempt)
    if (open !== undefined) return
    if (runsAlone(attempt.job)) this.#aloneAway += 1
    attempt.rest(true)
    this.#parts.onFree()
  }

  /** One of its children has ended; resolves when it may go on. */
  async takeAgain(attempt: Attempt): Promise<void> {
    const open = (this.#away.get(attempt) ?? 0) - 1
    // It is over; or one of its children is still on its way, or it is to end.
    if (open < 0) return
    this.#away.set(attempt, open)
    if (open > 0 || attempt.interruption) return
    const { promise, resolve } = deferred<void>()
    this.#line.push({ attempt, goOn: resolve })
    this.pass()
    await promise
  }

  /** The attempt has ended. */
  leave(attempt: Attempt): void {
    if (!this.#away.has(attempt)) return
    this.#leaveLine(attempt)
    this.#comeBack(attempt)
  }

  /** Gives what is free to those in line, in order. */
  pass(): void {
    for (let first = this.#line[0]; first && this.#hasRoom(first.attempt); first = this.#line[0]) {
      this.#line.shift()
      this.#comeBack(first.attempt)
      first.goOn()
    }
  }

  #hasRoom({ job }: Attempt): boolean {
    if (runsAlone(job)) return this.taken === 0
    return this.taken < this.#parts.concurrency && this.#alone === this.#aloneAway
  }

  #comeBack(attempt: Attempt): void {
    this.#away.delete(attempt)
    attempt.rest(false)
    if (runsAlone(attempt.job)) this.#aloneAway -= 1
  }

  #leaveLine(attempt: Attempt): void {
    const [place] = this.#line.filter((each) => each.attempt === attempt)
    this.#line = this.#line.filter((each) => each !== place)
    place?.goOn()
  }
}
