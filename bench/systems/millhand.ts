import { defineJob, type JobSpec, openQueue, type Queue, Worker, type WorkerOptions } from 'millhand'
import { type Faults, JOB_NAME, type OpenSystem, type Payload, type System, workUntil } from './system.ts'

/** Millhand as its README shows it, with no option set. */
export const millhand: System = {
  name: 'millhand',
  store: 'file',
  open: async (file) => new Millhand(await openQueueAt(file), PLAIN),
}

/** The same, with nothing but the address changed. */
export const millhandOnPostgres: System = { ...millhand, store: 'postgres' }

/** The queue of Millhand in a place: the path of a file, or an address. */
export function openQueueAt(place: string): Promise<Queue> {
  return openQueue(addressOf(place))
}

export function addressOf(place: string): string {
  return place.startsWith('postgres:') ? place : `sqlite:${place}`
}

/** Jobs of other kinds than the plain one, or other workers. */
export interface Kind {
  /** What the workers run. The first one is what is enqueued, unless `specOf` says otherwise. */
  readonly specs: readonly [JobSpec, ...JobSpec[]]
  readonly specOf?: (payload: Payload) => JobSpec
  /** One by default, with no option set. */
  readonly workers?: readonly Omit<WorkerOptions, 'jobs'>[]
}

/** Millhand in the same kind of place, with these jobs. */
export function millhandWith(system: System, kind: Kind): System {
  return { ...system, open: async (place) => new Millhand(await openQueueAt(place), kind) }
}

export const noOp = defineJob({ name: JOB_NAME })

const PLAIN: Kind = { specs: [noOp] }

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
    const { specs, specOf } = this.#kind
    if (specOf) await this.#queue.enqueueMany(payloads.map((input) => ({ job: specOf(input), input })))
    else await this.#queue.enqueueMany(specs[0], payloads)
  }

  async enqueue(payload: Payload): Promise<void> {
    const { specs, specOf } = this.#kind
    await this.#queue.enqueue(specOf ? specOf(payload) : specs[0], payload)
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
