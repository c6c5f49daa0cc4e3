import { defineJob, openQueue, type Queue, Worker } from 'millhand'
import { type Faults, JOB_NAME, type OpenSystem, type Payload, type System, workUntil } from './system.ts'

/** Millhand as its README shows it, with no option set. */
export const millhand: System = {
  name: 'millhand',
  store: 'file',
  open: async (file) => new Millhand(await openQueue(`sqlite:${file}`)),
}

/** The same, with nothing but the address changed. */
export const millhandOnPostgres: System = {
  name: 'millhand',
  store: 'postgres',
  open: async (url) => new Millhand(await openQueue(url)),
}

const noOp = defineJob({ name: JOB_NAME })

class Millhand implements OpenSystem {
  readonly #queue: Queue
  #reached = 0
  #retried = 0

  constructor(queue: Queue) {
    this.#queue = queue
    queue.on('loop_error', () => {
      this.#reached += 1
    })
    queue.on('store_retry', () => {
      this.#retried += 1
    })
  }

  async enqueueMany(payloads: readonly Payload[]): Promise<void> {
    await this.#queue.enqueueMany(noOp, payloads)
  }

  async enqueue(payload: Payload): Promise<void> {
    await this.#queue.enqueue(noOp, payload)
  }

  drain(count: number): Promise<void> {
    return workUntil(count, this)
  }

  async work(onStart: (payload: Payload) => void): Promise<() => Promise<void>> {
    const job = noOp.handle(async (input) => onStart(input as Payload))
    const worker = new Worker(this.#queue, { jobs: [job] })
    await worker.start()
    return () => worker.stop()
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
