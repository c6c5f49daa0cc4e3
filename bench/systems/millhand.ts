import {
  defineJob,
  type EnqueueItem,
  type JobSpec,
  openQueue,
  type Queue,
  Worker,
  type WorkerOptions,
} from 'millhand'
import { type Faults, JOB_NAME, type OpenSystem, type Payload, type System, workUntil } from './system.ts'

export const noOp = defineJob({ name: JOB_NAME })

/** Millhand as its README shows it, with no option set. */
export const millhand: System = millhandIn('file')

/** The same, with nothing but the address changed. */
export const millhandOnPostgres: System = millhandIn('postgres')

/** The queue of Millhand in a place: the path of a file, or an address. */
export function openQueueAt(place: string): Promise<Queue> {
  return openQueue(addressOf(place))
}

export function addressOf(place: string): string {
  return place.startsWith('postgres:') ? place : `sqlite:${place}`
}

/** Jobs of other kinds than the plain one, or other workers. */
export interface Kind {
  /** What the workers run. The first one is what is enqueued, unless `itemOf` says otherwise. */
  readonly specs: readonly [JobSpec, ...JobSpec[]]
  readonly itemOf?: (payload: Payload) => Omit<EnqueueItem, 'input'>
  /** One by default, with no option set. */
  readonly workers?: readonly Omit<WorkerOptions, 'jobs'>[]
}

/** Millhand in the same kind of place, with these jobs. */
export function millhandWith(system: System, kind: Kind): System {
  return { ...system, open: async (place) => new Millhand(await openQueueAt(place), kind) }
}

function millhandIn(store: System['store']): System {
  const open: System['open'] = async (place) => new Millhand(await openQueueAt(place), { specs: [noOp] })
  const plain: System = { name: 'millhand', store, open }
  return { ...plain, keyed: millhandWith(plain, { specs: [noOp], itemOf: once }) }
}

/** Stored once for the key of its payload, where that has one. */
function once({ key }: Payload): Omit<EnqueueItem, 'input'> {
  return { job: noOp, ...(key !== undefined && { options: { key } }) }
}

class Millhand implements OpenSystem {
  readonly #queue: Queue
  readonly #kind: Kind
  #reached = 0
  #retried = 0

  constructor(queue: Queue, kind: Kind) {
    this.#queue = queue
    this.#kind = kind
    queue.on('loop_error', () => {
      this.#reached += 1
    })
    queue.on('store_retry', () => {
      this.#retried += 1
    })
  }

  async enqueueMany(payloads: readonly Payload[]): Promise<void> {
    const { specs, itemOf } = this.#kind
    if (itemOf) await this.#queue.enqueueMany(payloads.map((input) => ({ ...itemOf(input), input })))
    else await this.#queue.enqueueMany(specs[0], payloads)
  }

  async enqueue(payload: Payload): Promise<void> {
    const { specs, itemOf } = this.#kind
    const { job, options } = itemOf?.(payload) ?? { job: specs[0] }
    await this.#queue.enqueue(job, payload, options)
  }

  drain(count: number): Promise<void> {
    return workUntil(count, this)
  }

  async work(onStart: (payload: Payload) => void): Promise<() => Promise<void>> {
    const { specs, workers = [{}] } = this.#kind
    const jobs = specs.map((spec) => spec.handle(async (input) => onStart(input as Payload)))
    const crew = workers.map((options) => new Worker(this.#queue, { jobs, ...options }))
    await Promise.all(crew.map((worker) => worker.start()))
    return async () => {
      await Promise.all(crew.map((worker) => worker.stop()))
    }
  }

  async unfinished(): Promise<number> {
    return (await this.#queue.count()) - (await this.#queue.count({ state: 'complete' }))
  }

  faults(): Faults {
    return { reached: this.#reached, retried: this.#retried }
  }

  close(): Promise<void> {
    return this.#queue.close()
  }
}
