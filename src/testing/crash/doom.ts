/** `before`: the store never hears of the call. `after`: it has done it, and the answer is lost. */
type CrashMoment = 'before' | 'after'

/** A call that a handler has made, or its worker for it. */
export interface Call {
  /** As a message names it: `ctx.enqueue(mail.send)`. */
  readonly what: string
  /** When it may crash. */
  readonly moments: readonly CrashMoment[]
}

export interface CrashPoint {
  /** From 0, in the order in which they are made. */
  readonly call: number
  readonly moment: CrashMoment
}

/**
 * The fate of one process that runs a handler. It counts the calls, and crashes in one of them: from then on nothing
 * that is asked is answered, which ends a handler wherever it waits.
 */
export class Doom {
  readonly calls: Call[] = []
  readonly #point: CrashPoint | undefined
  readonly #crashed = new AbortController()

  constructor(point?: CrashPoint) {
    this.#point = point
  }

  get dead(): boolean {
    return this.#crashed.signal.aborted
  }

  /** Aborts with the crash. */
  get signal(): AbortSignal {
    return this.#crashed.signal
  }

  get crashed(): Promise<void> {
    return new Promise((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  /** A call whose answer somebody waits for. */
  async pass<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
    const moment = this.#count({ what, moments: ['before', 'after'] })
    if (moment === 'before') this.#crash()
    const answer = this.whileAlive(run)
    if (moment !== 'after') return answer
    await answer.catch(() => {})
    this.#crash()
    return never()
  }

  /** A place on the way that the handler waits at. */
  async reach(what: string): Promise<void> {
    if (this.#count({ what, moments: ['before'] })) this.#crash()
    if (this.dead) return never()
  }

  /** The same for a call that answers at once. There is no end to wait for: the crash has to be thrown. */
  reachNow(what: string): void {
    if (this.#count({ what, moments: ['before'] })) this.#crash()
    if (this.dead) throw new Error(`crashSweep: the process crashed before ${what}`)
  }

  /** Something that nobody counts. The dead ask nothing, and hear of nothing that they have asked. */
  async whileAlive<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.dead) return never()
    try {
      return await run()
    } finally {
      if (this.dead) await never()
    }
  }

  /** When it is to crash in this call, if it is. */
  #count(call: Call): CrashMoment | undefined {
    if (this.dead) return undefined
    this.calls.push(call)
    return this.calls.length - 1 === this.#point?.call ? this.#point.moment : undefined
  }

  #crash(): void {
    this.#crashed.abort(new Error('the process crashed'))
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}
