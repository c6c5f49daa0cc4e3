import type { Chance } from '../simulation/chance.ts'
import type { EnqueueOptions } from '../src/job/enqueue-options.ts'
import { sleep, systemClock } from '../src/kit/clock.ts'
import { asError, isMillhandError } from '../src/kit/error.ts'
import type { Queue } from '../src/queue/queue.ts'
import type { Order } from './history.ts'
import { anyTask, MAIL, quickTask, WORK } from './jobs.ts'
import type { Witness } from './witness.ts'

/** What a client does, and how often. */
const CALLS = { enqueue: 60, 'enqueue many': 8, burst: 2, transaction: 10, cancel: 8, retry: 8 } as const

type Call = keyof typeof CALLS

/** Between two calls, at random up to this: what is asked for has to get done within the run, too. */
const PAUSE_MS = 200
/** With more than so many waiting, it leaves the workers alone for a while. */
const WAITING_MAX = 60
const LOOK_EVERY = 5
const MANY_MAX = 20
const BURST_MAX = 200
/** Jobs that it remembers, to cancel or retry them. */
const KNOWN_MAX = 200
const KEYS = ['a', 'b', 'c', 'd'] as const
const LONGEST_DELAY_MS = 3_000

/** What the body of a transaction throws that is to be rolled back. */
class Undone extends Error {}

/** Does what applications do, and writes down what it was told. */
export class Client {
  readonly #queue: Queue
  readonly #witness: Witness
  #known: string[] = []
  #calls = 0

  constructor(queue: Queue, witness: Witness) {
    this.#queue = queue
    this.#witness = witness
  }

  /** One call after the other, until the signal aborts. */
  async ask(chance: Chance, stopped: AbortSignal): Promise<void> {
    for (let count = 1; !stopped.aborted; count += 1) {
      if (count % LOOK_EVERY === 0) await this.#try('count', () => this.#wait(stopped))
      const call = chance.weighted(CALLS)
      await this.#try(call, () => this.#acts[call](chance))
      await sleep(systemClock, chance.random() * PAUSE_MS, stopped)
    }
  }

  readonly #acts: Readonly<Record<Call, (chance: Chance) => Promise<void>>> = {
    enqueue: async (chance) => {
      const job = await this.#queue.enqueue(chance.pick([WORK, MAIL]), anyTask(chance), anyOptions(chance))
      this.#acknowledge([job.id])
    },
    'enqueue many': async (chance) => {
      const tasks = Array.from({ length: 2 + chance.below(MANY_MAX - 1) }, () => anyTask(chance))
      const jobs = await this.#queue.enqueueMany(WORK, tasks, anyOptions(chance))
      this.#acknowledge(jobs.map(({ id }) => id))
    },
    burst: async (chance) => {
      const tasks = Array.from({ length: BURST_MAX / 2 + chance.below(BURST_MAX / 2) }, () =>
        quickTask(chance),
      )
      const jobs = await this.#queue.enqueueMany(WORK, tasks)
      this.#acknowledge(jobs.map(({ id }) => id))
    },
    transaction: (chance) => this.#enqueueInTransaction(chance),
    cancel: (chance) => this.#order('cancel', chance),
    retry: (chance) => this.#order('retry', chance),
  }

  async #enqueueInTransaction(chance: Chance): Promise<void> {
    const isUndone = chance.percent(30)
    const tasks = Array.from({ length: 1 + chance.below(3) }, () => anyTask(chance))
    const ids: string[] = []
    try {
      await this.#queue.transaction(async (tx: object) => {
        for (const task of tasks) ids.push((await this.#queue.enqueue(WORK, task, { tx })).id)
        if (isUndone) throw new Undone()
      })
      this.#acknowledge(ids)
    } catch (error) {
      if (!(error instanceof Undone)) throw error
      this.#witness.write({ kind: 'undone', ids })
    }
  }

  async #order(order: Order, chance: Chance): Promise<void> {
    if (this.#known.length === 0) return
    const ids = Array.from({ length: 1 + chance.below(3) }, () => chance.pick(this.#known))
    this.#calls += 1
    const call = this.#calls
    this.#witness.write({ kind: 'asked', order, call, ids })
    const done = await (order === 'cancel' ? this.#queue.cancel(ids) : this.#queue.retry(ids))
    this.#witness.write({ kind: 'answered', order, call, ids: done })
  }

  #acknowledge(ids: readonly string[]): void {
    this.#witness.write({ kind: 'acknowledged', ids })
    this.#known = [...this.#known, ...ids].slice(-KNOWN_MAX)
  }

  /** Until the workers are no longer far behind. */
  async #wait(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted && (await this.#queue.count({ state: ['pending', 'running'] })) > WAITING_MAX)
      await sleep(systemClock, PAUSE_MS, stopped)
  }

  /** A call that fails is no wonder here, as long as it says so in Millhand's own words. */
  async #try(call: string, run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (!isMillhandError(error)) throw error
      this.#witness.write({ kind: 'refused', call, code: error.code, message: asError(error).message })
    }
  }
}

function anyOptions(chance: Chance): EnqueueOptions {
  return {
    ...(chance.percent(20) && { key: chance.pick(KEYS) }),
    ...(chance.percent(20) && { delay: chance.upToMs(LONGEST_DELAY_MS) }),
    ...(chance.percent(30) && { priority: chance.below(5) - 2 }),
  }
}
