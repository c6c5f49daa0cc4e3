import type { BatchContext } from '../job/batch.ts'
import { BatchMember } from '../job/batch-member.ts'
import { type Batching, resultsOf } from '../job/run-many.ts'
import type { Clock, Timer } from '../kit/clock.ts'
import { Mask } from '../kit/mask.ts'
import { Scope } from '../kit/scope.ts'
import { onNextTurn } from '../kit/turn.ts'
import type { Context } from './context.ts'

/** An attempt that has begun, and waits for its batch or is in it. */
interface Entry {
  readonly input: unknown
  readonly context: Context
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Brings attempts of one definition together: each has begun as any other, holds its slot and its limits, has its own
 * deadlines, and is told what became of it. Only the handler is called once for all that have begun within `wait`, or as soon as there
 * are `size` of them. Who is aborted before that leaves.
 */
export class Gatherer {
  readonly #batching: Batching
  readonly #clock: Clock
  /** A batch is nobody's own: it does not run in the scope of a hook of one of its jobs. */
  readonly #scope = new Scope()
  #waiting: Entry[] = []
  #timer: Timer | undefined
  #hurried = false

  constructor(batching: Batching, clock: Clock) {
    this.#batching = batching
    this.#clock = clock
  }

  /** The handler of one job: what its batch comes to for it. */
  readonly run = (input: unknown, context: Context): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const entry = { input, context, resolve, reject }
      context.signal.addEventListener('abort', () => this.#leave(entry), { once: true })
      this.#waiting.push(entry)
      if (this.#waiting.length >= this.#batching.size) this.#begin()
      else if (this.#waiting.length === 1) this.#watch()
    })

  /** Hurried, nobody waits for longer than others need that begin in the same turn. */
  hurry(hurried: boolean): void {
    this.#hurried = hurried
    if (this.#waiting.length > 0) this.#watch()
  }

  #watch(): void {
    this.#timer?.cancel()
    if (this.#hurried) onNextTurn(() => this.#begin())
    else this.#timer = this.#clock.timer(this.#batching.waitMs, () => this.#begin())
  }

  /** Once it is in a batch that has begun, its signal says the rest. */
  #leave(entry: Entry): void {
    const at = this.#waiting.indexOf(entry)
    if (at === -1) return
    this.#waiting.splice(at, 1)
    if (this.#waiting.length === 0) this.#timer?.cancel()
    entry.reject(entry.context.signal.reason)
  }

  #begin(): void {
    this.#timer?.cancel()
    const entries = this.#waiting
    this.#waiting = []
    if (entries.length > 0) void this.#scope.run(() => this.#runAll(entries))
  }

  async #runAll(entries: readonly Entry[]): Promise<void> {
    const mask = new Mask()
    for (const { context } of entries) context.maskWith(mask)
    const members = entries.map(({ input, context }) => new BatchMember(input, context))
    try {
      const results = await resultsOf(this.#batching, members, new Surroundings(entries))
      for (const [at, { resolve }] of entries.entries()) resolve(results[at])
    } catch (error) {
      for (const { reject } of entries) reject(error)
    }
  }
}

/** What a batch handler gets beside its jobs. */
class Surroundings implements BatchContext {
  readonly #entries: readonly Entry[]
  #controller: AbortController | undefined

  constructor(entries: readonly Entry[]) {
    this.#entries = entries
  }

  get resources(): BatchContext['resources'] {
    return (this.#entries[0] as Entry).context.resources
  }

  /** Made when it is first asked for. */
  get signal(): AbortSignal {
    this.#controller ??= abortedWith(this.#entries.map(({ context }) => context.signal))
    return this.#controller.signal
  }
}

/** Aborts when all of the signals are aborted, with the reason of the last one. */
function abortedWith(signals: readonly AbortSignal[]): AbortController {
  const controller = new AbortController()
  const open = signals.filter(({ aborted }) => !aborted)
  let left = open.length
  if (left === 0) controller.abort(signals.at(-1)?.reason)
  const one = (signal: AbortSignal) => () => {
    left -= 1
    if (left === 0) controller.abort(signal.reason)
  }
  for (const signal of open) signal.addEventListener('abort', one(signal), { once: true })
  return controller
}
