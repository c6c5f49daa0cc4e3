import { around } from '../job/around.ts'
import type { EnqueueOptions } from '../job/enqueue-options.ts'
import { AROUND_ENQUEUE } from '../job/hook-changes.ts'
import type { EnqueueCall } from '../job/hooks.ts'
import type { SpecOrName } from '../job/typed.ts'
import { type Deferred, deferred } from '../kit/deferred.ts'
import { Breather } from '../kit/turn.ts'
import type { Inserted } from '../store/jobs.ts'
import { type EnqueueItem, Enqueuer, type Named, type Prepared } from './enqueue.ts'
import type { QueueInternals } from './internals.ts'
import { SpecsOfMany, specOf } from './known-specs.ts'

/** What enqueues; with hooks around it where there are any. */
export function makeEnqueuer(queue: QueueInternals): Pick<Enqueuer, 'enqueue' | 'enqueueAs' | 'enqueueMany'> {
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
    this.#through = around<EnqueueCall, Inserted>(queue.aroundEnqueue, AROUND_ENQUEUE)
  }

  async enqueue(specOrName: SpecOrName, input: unknown, options: EnqueueOptions = {}): Promise<Inserted> {
    const job = await specOf(this.#queue, 'enqueue', specOrName)
    return this.#through({ job, input, options }, (call) =>
      this.#enqueuer.enqueue(job, call.input, call.options),
    )
  }

  enqueueAs(call: EnqueueCall, named: Named): Promise<Inserted> {
    return this.#through(call, (changed) => this.#enqueuer.enqueueAs(changed, named))
  }

  /**
   * Side by side, since all are stored together: nothing is until each has come through its hooks. They begin and end in the
   * order of the items, with turns of the event loop in between.
   */
  async enqueueMany(items: readonly EnqueueItem[]): Promise<Inserted[]> {
    const passages = await this.#passAll(items)
    try {
      const ready = await Promise.all(passages.map(({ reached }) => reached.promise))
      const inserted = await this.#enqueuer.insertMany(ready)
      await eachInTurn(passages, ({ stored }, index) => stored.resolve(inserted[index] as Inserted))
    } catch (error) {
      await eachInTurn(passages, ({ stored }) => stored.reject(error))
    }
    // A hook may throw another error than that, or one of its own when everything is stored.
    return Promise.all(passages.map(({ passed }) => passed))
  }

  async #passAll(items: readonly EnqueueItem[]): Promise<Passage[]> {
    const calls: EnqueueCall[] = []
    const specs = new SpecsOfMany(this.#queue)
    for (const [index, { job, input, options = {} }] of items.entries())
      calls.push({ job: specs.known(job, index) ?? (await specs.resolved(job)), input, options })
    const passages: Passage[] = []
    await eachInTurn(calls, (call, index) => passages.push(this.#pass(call, index)))
    return passages
  }

  #pass(call: EnqueueCall, index: number): Passage {
    const reached = deferred<Prepared>()
    const stored = deferred<Inserted>()
    const passed = this.#through(call, async ({ input, options }) => {
      // Before anything is waited for: a hook may give each job the same object, with other things in it.
      reached.resolve(await this.#enqueuer.prepare(call.job, { input, options, index }))
      return stored.promise
    })
    passed.catch(reached.reject)
    for (const { promise } of [reached, stored]) promise.catch(() => {})
    return { reached, stored, passed }
  }
}

/** Lets what each sets off run before the next one, and gives others a turn of the event loop when it is time. */
async function eachInTurn<Item>(
  items: readonly Item[],
  step: (item: Item, index: number) => void,
): Promise<void> {
  const breather = new Breather()
  for (const [index, item] of items.entries()) {
    step(item, index)
    await breather.pause()
  }
}

/** One job of many, on its way through the hooks. */
interface Passage {
  /** When it waits for the others, to be stored with them. */
  readonly reached: Deferred<Prepared>
  readonly stored: Deferred<Inserted>
  /** When its hooks have ended. */
  readonly passed: Promise<Inserted>
}
