// Not by name: in the build it would take that of the package's own class.
import * as threads from 'node:worker_threads'
import { type Clock, systemClock, type Timer, within } from '../kit/clock.ts'
import { deferred } from '../kit/deferred.ts'
import { asError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import { storeError } from '../store/errors.ts'
import type { Store } from '../store/store.ts'
import type { Beat, BeatThread } from '../store/workers.ts'
import { BeatMeanwhile } from './beat-meanwhile.ts'
import { beatEntry } from './beat-source.ts'
import type { BeatCommand, BeatError, BeatMessage, BeatThreadData } from './beat-thread.ts'
import type { Beater } from './beater.ts'
import { FAILED_BEAT } from './failed-beat.ts'
import { threadFlags } from './thread-flags.ts'

interface BeatOptions {
  readonly worker: string
  /** How long the thread may take to reach the store before it is said that it cannot. */
  readonly openMs: number
  readonly leaseMs: number
  readonly beatMs: number
  readonly blockedLimitMs: number
  readonly clock: Clock
  readonly onBeat: (beat: Beat) => void
  readonly onBlocked: (blockedMs: number, lapsing: boolean) => void
  readonly onError: (error: Error) => void
  /** Whether the last beat failed. */
  readonly onMissed: (missed: boolean) => void
}

/** Beats from a thread of its own where the store allows it, else from the event loop. */
export function makeBeater(store: Store, options: BeatOptions): Beater {
  const { beatThread } = store.capabilities
  return beatThread ? new ThreadBeater(store, beatThread, options) : loopBeater(store, options)
}

/** Beats from the event loop: for a store that dies with its process, and for a clock that is not the machine's. */
function loopBeater(store: Store, options: BeatOptions): Beater {
  const { clock, onError, worker, leaseMs, beatMs } = options
  const service = new Service({
    name: 'beat',
    clock,
    // Not left to the service: its back-off after a long outage is as long as a lease.
    runOnce: async () => {
      try {
        const beat = await store.workers.extend(worker, leaseMs)
        options.onMissed(false)
        options.onBeat(beat)
        return beatMs
      } catch (error) {
        options.onMissed(true)
        onError(asError(error))
        return beatMs * FAILED_BEAT
      }
    },
  })
  return { open: async () => {}, start: () => service.start(), stop: () => service.stop() }
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
  readonly #reached = deferred<void>()
  readonly #meanwhile: BeatMeanwhile
  #launchedMs = 0
  /** That the server had no connection left is why it took so long, whatever came after. */
  #crowd: BeatError | undefined
  #begun = false
  #thread: threads.Worker | undefined
  #fallback: Beater | undefined
  /** A beat of the event loop's is under way, in place of one that the thread could not make. */
  #standsIn = false
  #pulseTimer: Timer | undefined
  #stopped = false

  constructor(store: Store, source: BeatThread, options: BeatOptions) {
    this.#store = store
    this.#source = source
    this.#options = options
    this.#meanwhile = new BeatMeanwhile({
      clock: options.clock,
      beatMs: options.beatMs,
      reserve: source.reserve,
      beater: () => loopBeater(store, options),
    })
    // Only who waits for it has to know.
    this.#reached.promise.catch(() => {})
  }

  async open(): Promise<void> {
    try {
      this.#launch()
    } catch (error) {
      this.#fallBack(error)
    }
    if (!this.#store.capabilities.remote) return
    void this.#meanwhile.reserve().then((has) => has && this.#reached.resolve())
    await this.#reached.promise
  }

  start(): void {
    this.#begun = true
    this.#tell('begin')
    this.#fallback?.start()
    this.#meanwhile.start()
  }

  #launch(): void {
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
    const thread = new threads.Worker(isScript ? code : beatEntry(), {
      eval: isScript,
      execArgv: threadFlags(process.execArgv),
      workerData: data,
      resourceLimits: THREAD_HEAP,
      name: 'millhand-beat',
    })
    thread.unref()
    thread.on('message', (message: BeatMessage) => this.#hear(message))
    thread.on('error', (error) => this.#fallBack(error))
    this.#thread = thread
    this.#launchedMs = systemClock.elapsed()
    this.#raisePulse()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#reached.resolve()
    this.#pulseTimer?.cancel()
    await this.#meanwhile.end()
    await this.#fallback?.stop()
    const thread = this.#thread
    if (!thread) return
    const ended = new Promise((resolve) => thread.once('exit', resolve))
    this.#thread = undefined
    thread.ref()
    thread.postMessage('stop' satisfies BeatCommand)
    await within(THREAD_STOP_MS, ended)
    await thread.terminate()
  }

  #tell(command: BeatCommand): void {
    this.#thread?.postMessage(command)
  }

  #raisePulse(): void {
    Atomics.add(this.#pulse, 0, 1)
    this.#pulseTimer = this.#options.clock.timer(this.#options.beatMs / 2, () => this.#raisePulse())
  }

  #hear(message: BeatMessage): void {
    if (this.#stopped) return
    if (message.kind === 'beat' || message.kind === 'back') this.#options.onMissed(false)
    if (message.kind === 'back') return
    if (message.kind === 'reached') this.#onReached()
    else if (message.kind === 'beat') this.#options.onBeat(message.beat)
    else if (message.kind === 'blocked') this.#options.onBlocked(message.blockedMs, message.lapsing)
    else this.#onFailed(message)
  }

  /** The thread has its connection. */
  #onReached(): void {
    void this.#meanwhile.end()
    this.#reached.resolve()
  }

  #onFailed(error: BeatError): void {
    this.#options.onError(new Error(`beat: ${error.message}`))
    this.#meanwhile.handOver()
    if (this.#meanwhile.beats) return
    if (!error.away || !this.#begun) this.#options.onMissed(true)
    else if (!this.#standsIn) void this.#beatFromHere()
    if (error.crowded) this.#crowd = error
    // A thread that has said nothing yet is only slow to start.
    const isLate = systemClock.elapsed() - this.#launchedMs >= this.#options.openMs
    if (isLate) this.#reached.reject(unreachable(this.#store.location, this.#crowd ?? error))
  }

  /** A thread that gets no connection, as from a server that has none left, need not cost the lease: others are open. */
  async #beatFromHere(): Promise<void> {
    const { worker, leaseMs, onBeat, onMissed, onError } = this.#options
    this.#standsIn = true
    try {
      const beat = await this.#store.workers.extend(worker, leaseMs)
      if (this.#stopped) return
      onMissed(false)
      onBeat(beat)
    } catch (error) {
      if (this.#stopped) return
      onMissed(true)
      onError(asError(error))
    } finally {
      this.#standsIn = false
    }
  }

  /** A thread that cannot run must not cost the lease. */
  #fallBack(error: unknown): void {
    this.#thread = undefined
    if (this.#stopped) return
    this.#options.onError(asError(error))
    void this.#meanwhile.end()
    this.#fallback = loopBeater(this.#store, this.#options)
    if (this.#begun) this.#fallback.start()
    this.#reached.resolve()
  }
}

function unreachable(location: string, { message, crowded }: BeatError): Error {
  const facts = { location, problem: `the beat of a worker needs one (${message})` }
  return crowded ? storeError('too_many_connections', facts) : storeError('store_unavailable', facts)
}
