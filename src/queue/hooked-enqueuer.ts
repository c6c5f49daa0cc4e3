import { around } from '../job/around.ts'
import type { EnqueueOptions } from '../job/enqueue-options.ts'
import type { EnqueueCall } from '../job/hooks.ts'
import type { SpecOrName } from '../job/typed.ts'
import { type Deferred, deferred } from '../kit/deferred.ts'
import type { Inserted } from '../store/jobs.ts'
import { type EnqueueItem, Enqueuer } from './enqueue.ts'
import type { QueueInternals } from './internals.ts'
import { itemAt } from './item-errors.ts'
import { specOf } from './known-specs.ts'

/** What enqueues; with hooks around it where there are any. */
export function makeEnqueuer(queue: QueueInternals): Pick<Enqueuer, 'enqueue' | 'enqueueMany'> {
  const enqueuer = new Enqueuer(queue)
  return queue.aroundEnqueue.length === 0 ? enqueuer : new HookedEnqueuer(queue, enqueuer)
}

type Through = (call: EnqueueCall, store: (call: EnqueueCall) => Promise<Inserted>) => Promise<Inserted>

/** Passes each job through the hooks of its queue on its way to the door, where it is checked. */
class HookedEnqueuer {
  readonly #queue: QueueInternals
  readonly #enqueuer: Enqueuer
  readonly #through: Through

  constructor(queue: QueueInternals, enqueuer: Enqueuer) {
    this.#queue = queue
    this.#enqueuer = enqueuer
    this.#through = around<EnqueueCall, Inserted>(queue.aroundEnqueue, 'aroundEnqueue')
  }

  async enqueue(specOrName: SpecOrName, input: unknown, options: EnqueueOptions = {}): Promise<Inserted> {
    const job = await specOf(this.#queue, 'enqueue', specOrName)
    return this.#through({ job, input, options }, (call) =>
      this.#enqueuer.enqueue(job, call.input, call.options),
    )
  }

  /** Side by side, since all are stored together: nothing is until each has come through its hooks. */
  async enqueueMany(items: readonly EnqueueItem[]): Promise<Inserted[]> {
    const calls: EnqueueCall[] = []
    for (const [index, { job, input, options = {} }] of items.entries())
      calls.push({ job: await specOf(this.#queue, itemAt(index), job), input, options })
    const gates = calls.map(() => ({ reached: deferred<EnqueueItem>(), stored: deferred<Inserted>() }))
    const passing = calls.map((call, index) => this.#pass(call, gates[index] as Gate))
    try {
      const ready = await Promise.all(gates.map(({ reached }) => reached.promise))
      const inserted = await this.#enqueuer.enqueueMany(ready)
      for (const [index, { stored }] of gates.entries()) stored.resolve(inserted[index] as Inserted)
    } catch (error) {
      for (const { stored } of gates) stored.reject(error)
    }
    // A hook may throw another error than that, or one of its own when everything is stored.
    return Promise.all(passing)
  }

  #pass(call: EnqueueCall, { reached, stored }: Gate): Promise<Inserted> {
    const passing = this.#through(call, ({ input, options }) => {
      reached.resolve({ job: call.job, input, options })
      return stored.promise
    })
    passing.catch(reached.reject)
    for (const { promise } of [reached, stored]) promise.catch(() => {})
    return passing
  }
}

/** Where a job of many waits for the others. */
interface Gate {
  readonly reached: Deferred<EnqueueItem>
  readonly stored: Deferred<Inserted>
}
