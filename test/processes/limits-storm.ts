import type { Queue } from 'millhand'
import { type Random, seededRandom } from '../../src/kit/random.ts'
import type { Child } from '../support/child.ts'
import { type LimitedProcessOptions, type LimitedTold, limited } from './limited.ts'
import { pause } from './pause.ts'
import type { Stage } from './stage.ts'

const WORKERS = 4
const ACTS = 40
/** Of so many acts the last one stops the server, where it can be stopped. */
const STOP_EVERY = 13
/** Between two acts, at most. */
const PAUSE_MS = 300
const KEYS = 4
const BATCH_MAX = 20
const RUN_MS = 150
/** Long enough to lose the lease. */
const FREEZE_MS = { least: 1_200, more: 1_500 }

/** A short lease; who is killed often enough by the test is no job to be put away. */
const WORKER: LimitedProcessOptions['worker'] = {
  lease: '1s',
  beat: '100ms',
  rescueInterval: '50ms',
  pollInterval: '500ms',
  concurrency: 8,
  crashLimit: 1_000,
}

type Process = Child<LimitedTold>

interface StormOptions {
  readonly scene: Stage
  readonly queue: Queue
  readonly seed: number
  /** Stops the server at once, and starts it again. */
  readonly stopServer?: () => Promise<void>
}

/** What a storm has done. */
interface Done {
  readonly jobs: number
  readonly stops: number
}

/** Four workers of limited jobs, and a fate that enqueues, cancels, kills and freezes as the seed has it. */
export class Storm {
  readonly #scene: Stage
  readonly #queue: Queue
  readonly #random: Random
  readonly #stopServer: StormOptions['stopServer']
  readonly #ids: string[] = []
  #workers: Promise<Process>[] = []
  readonly #frozen = new Map<Process, Promise<void>>()

  constructor({ scene, queue, seed, stopServer }: StormOptions) {
    this.#scene = scene
    this.#queue = queue
    this.#random = seededRandom(seed)
    this.#stopServer = stopServer
  }

  /** Resolves when it is over and all workers live; gives how many jobs there are, and how often the server stopped. */
  async rage(): Promise<Done> {
    let stops = 0
    this.#workers = Array.from({ length: WORKERS }, () => this.#scene.limitedWorker(WORKER))
    await Promise.all(this.#workers)
    for (let act = 0; act < ACTS; act += 1) {
      if (this.#stopServer && act % STOP_EVERY === STOP_EVERY - 1) {
        await this.#stopServer()
        stops += 1
      } else await this.#act(this.#random())
      await pause(this.#random() * PAUSE_MS)
    }
    await Promise.all([...this.#frozen.values(), ...this.#workers])
    return { jobs: this.#ids.length, stops }
  }

  #act(draw: number): Promise<void> {
    if (draw < 0.6) return this.#enqueue()
    if (draw < 0.75) return this.#cancel()
    if (draw < 0.85) return this.#kill()
    return this.#freeze()
  }

  async #enqueue(): Promise<void> {
    const inputs = Array.from({ length: 1 + this.#below(BATCH_MAX) }, () => ({
      key: `k${this.#below(KEYS)}`,
      forMs: this.#below(RUN_MS),
      fails: this.#random() < 0.1,
    }))
    const jobs = await this.#queue.enqueueMany(limited, inputs, { priority: this.#below(3) })
    this.#ids.push(...jobs.map(({ id }) => id))
  }

  /** One of the newest: the others have ended. */
  async #cancel(): Promise<void> {
    const id = this.#ids.at(-1 - this.#below(20))
    if (id !== undefined) await this.#queue.cancel(id)
  }

  /** The next one is there as soon as it is: nobody waits for it. */
  async #kill(): Promise<void> {
    const place = this.#below(WORKERS)
    const worker = await this.#workers[place]
    await worker?.end('SIGKILL')
    this.#workers[place] = this.#scene.limitedWorker(WORKER)
  }

  async #freeze(): Promise<void> {
    const worker = await this.#workers[this.#below(WORKERS)]
    const forMs = FREEZE_MS.least + this.#random() * FREEZE_MS.more
    if (!worker || this.#frozen.has(worker)) return
    worker.signal('SIGSTOP')
    const thawed = pause(forMs).then(() => {
      worker.signal('SIGCONT')
      this.#frozen.delete(worker)
    })
    this.#frozen.set(worker, thawed)
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end)
  }
}
