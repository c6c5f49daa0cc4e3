import { Worker as Thread } from 'node:worker_threads'
import { type Clock, type Timer, within } from '../kit/clock.ts'
import { asError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import type { Store } from '../store/store.ts'
import type { Beat, BeatThread } from '../store/workers.ts'
import { beatEntry } from './beat-source.ts'
import type { BeatMessage, BeatThreadData } from './beat-thread.ts'
import { FAILED_BEAT } from './failed-beat.ts'

interface BeatOptions {
  readonly worker: string
  readonly leaseMs: number
  readonly beatMs: number
  readonly blockedLimitMs: number
  readonly clock: Clock
  readonly onBeat: (beat: Beat) => void
  readonly onBlocked: (blockedMs: number, lapsing: boolean) => void
  readonly onError: (error: Error) => void
}

/** Something that extends a lease until it is stopped. */
export interface Beater {
  start(): void
  stop(): Promise<void>
}

/** Beats from a thread of its own where the store allows it, else from the event loop. */
export function makeBeater(store: Store, options: BeatOptions): Beater {
  const { beatThread } = store.capabilities
  return beatThread ? new ThreadBeater(store, beatThread, options) : loopBeater(store, options)
}

/** Beats from the event loop: for a store that dies with its process, and for a clock that is not the machine's. */
function loopBeater(store: Store, options: BeatOptions): Beater {
  const { clock, onError, worker, leaseMs, beatMs } = options
  return new Service({
    name: 'beat',
    clock,
    // Not left to the service: its back-off after a long outage is as long as a lease.
    runOnce: async () => {
      try {
        options.onBeat(await store.workers.extend(worker, leaseMs))
        return beatMs
      } catch (error) {
        onError(asError(error))
        return beatMs * FAILED_BEAT
      }
    },
  })
}

/** The thread needs little: a small heap keeps the worker's memory small. */
const THREAD_HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }

/** A thread that waits for a database that is away is ended: nothing of its last beat is missed. */
const THREAD_STOP_MS = 1_000

class ThreadBeater implements Beater {
  readonly #store: Store
  readonly #source: BeatThread
  readonly #options: BeatOptions
  readonly #pulse = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  #thread: Thread | undefined
  #fallback: Beater | undefined
  #pulseTimer: Timer | undefined
  #stopped = false

  constructor(store: Store, source: BeatThread, options: BeatOptions) {
    this.#store = store
    this.#source = source
    this.#options = options
  }

  start(): void {
    const { worker, leaseMs, beatMs, blockedLimitMs } = this.#options
    const pulse = this.#pulse
    const { code } = this.#source
    const isScript = typeof code === 'string'
    const data: BeatThreadData = {
      module: isScript ? undefined : code.href,
      data: this.#source.data,
      worker,
      leaseMs,
      beatMs,
      blockedLimitMs,
      pulse,
    }
    const thread = new Thread(isScript ? code : beatEntry(), {
      eval: isScript,
      workerData: data,
      resourceLimits: THREAD_HEAP,
      name: 'millhand-beat',
    })
    thread.unref()
    thread.on('message', (message: BeatMessage) => this.#hear(message))
    thread.on('error', (error) => this.#fallBack(error))
    this.#thread = thread
    this.#raisePulse()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#pulseTimer?.cancel()
    await this.#fallback?.stop()
    const thread = this.#thread
    if (!thread) return
    const ended = new Promise((resolve) => thread.once('exit', resolve))
    this.#thread = undefined
    thread.ref()
    thread.postMessage('stop')
    await within(THREAD_STOP_MS, ended)
    await thread.terminate()
  }

  #raisePulse(): void {
    Atomics.add(this.#pulse, 0, 1)
    this.#pulseTimer = this.#options.clock.timer(this.#options.beatMs / 2, () => this.#raisePulse())
  }

  #hear(message: BeatMessage): void {
    if (this.#stopped) return
    if (message.kind === 'beat') this.#options.onBeat(message.beat)
    else if (message.kind === 'blocked') this.#options.onBlocked(message.blockedMs, message.lapsing)
    else this.#options.onError(new Error(`beat: ${message.message}`))
  }

  /** A thread that cannot run must not cost the lease. */
  #fallBack(error: unknown): void {
    this.#thread = undefined
    if (this.#stopped) return
    this.#options.onError(asError(error))
    this.#fallback = loopBeater(this.#store, this.#options)
    this.#fallback.start()
  }
}
