import type { WorkerOrder } from '../job/orders.ts'
import { Bell } from '../kit/bell.ts'
import { Maintenance } from '../maintenance/leader.ts'
import { internalsOf, type QueueInternals } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'
import type { CancelNotice } from '../store/workers.ts'
import { Batches } from './batches.ts'
import { CancelWatch } from './cancel-watch.ts'
import { ClaimLoop } from './claim-loop.ts'
import { Crew } from './crew.ts'
import { declare } from './declare.ts'
import { throughHooks } from './hooked.ts'
import { interruptionError } from './interruption.ts'
import { Lease } from './lease.ts'
import { parseWorkerOptions, requireJobs, type WorkerOptions, type WorkerSettings } from './options.ts'
import { SharedResources } from './shared-resources.ts'

/** The moving parts of a worker, and how they hang together. When they start and stop is decided in life.ts. */
export class Engine {
  readonly settings: WorkerSettings
  readonly queue: QueueInternals
  readonly #resources: SharedResources
  readonly #lease: Lease
  readonly #crew: Crew
  readonly #claims: ClaimLoop
  readonly #cancels: CancelWatch
  readonly #batches = new Batches()
  #maintenance: Maintenance | undefined
  #draining = false
  #onStopOrder: () => void = () => {}
  /** Rings when nothing is busy any more, or nothing was found to claim. */
  readonly changed = new Bell()

  constructor(door: Queue, options: WorkerOptions) {
    const queue = internalsOf(door, 'Worker')
    const read = requireJobs(parseWorkerOptions(options))
    const definitions = throughHooks(this.#batches.around(read.definitions, queue.clock), read.aroundRun)
    const settings = { ...read, definitions }
    this.queue = queue
    this.settings = settings
    const onCancelled = (notices: readonly CancelNotice[]) => this.#cancelled(notices)
    const onLost = (worker: string) => this.#lost(worker)
    const onOrder = (order: WorkerOrder) => this.#obey(order)
    const onMissed = (missed: boolean) => this.#maintenance?.missed(missed)
    this.#lease = new Lease(queue, settings, { onCancelled, onLost, onOrder, onMissed })
    this.#resources = new SharedResources(settings, {
      clock: queue.clock,
      onError: (error) => queue.events.emit('loop_error', { loop: 'teardown', error }),
    })
    const resources = this.#resources
    this.#crew = new Crew(door, queue, { settings, resources, onFree: () => this.#onFree() })
    this.#claims = new ClaimLoop(queue, {
      settings,
      lease: this.#lease,
      crew: this.#crew,
      onStarved: () => this.changed.ring(),
      onBegun: () => this.#cancels.wake(),
    })
    this.#cancels = new CancelWatch(queue, this.#crew.attempts, onCancelled)
  }

  /** Its worker's id in the store; empty while there is no lease. */
  get worker(): string {
    return this.#lease.worker
  }

  get name(): string {
    return this.#lease.name
  }

  get running(): number {
    return this.#crew.running
  }

  /** Whether it was told from afar to claim no more. */
  get isQuiet(): boolean {
    return this.#lease.isQuiet
  }

  /** Told when it was told from afar to stop. */
  onStopOrder(listener: () => void): void {
    this.#onStopOrder = listener
  }

  /** Nothing was found to claim, and nothing runs or waits to be written; what waits for its children may. */
  get idle(): boolean {
    return this.#claims.starved && this.#crew.busy === 0
  }

  /** Whether one that waits for its child is about to go on. */
  hasNews(): Promise<boolean> {
    return this.#crew.invoker.hasNews()
  }

  /**
   * Gets it ready to claim, unless `signal` aborts: neither the store nor the `setup` is waited for then. Of one that could not be
   * opened nothing is left.
   *
   * @throws MillhandError `setup_failed`, `setup_timed_out`; the reason of `signal`
   */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!this.#draining) this.#crew.invoker.open()
    await this.#resources.open(signal)
    try {
      await declare(this.queue, this.settings, signal)
      await this.#lease.start(signal)
    } catch (error) {
      await this.#resources.close()
      throw error
    }
    if (this.settings.maintenance)
      this.#maintenance = new Maintenance(this.queue, { ...this.settings, worker: this.worker })
  }

  async maintainOnce(): Promise<void> {
    await this.#maintenance?.runOnce()
  }

  /** Claims from now on, and takes its turn at the maintenance. */
  start(): void {
    this.#batches.hurry(false)
    this.startClaims()
    this.#maintenance?.start()
  }

  startClaims(): void {
    this.#claims.start()
    this.#cancels.start()
  }

  /** Claims once, and starts what it claimed. */
  async claimOnce(): Promise<void> {
    await this.#claims.runOnce()
  }

  /** No job that has begun waits any more for others to make a batch with, but for those that begin with it. */
  hurry(): void {
    this.#batches.hurry(true)
  }

  /** Slots that become free are not filled any more. */
  drain(): void {
    this.#draining = true
    this.hurry()
    this.#crew.invoker.close()
  }

  /** Claims no more, and gives back what has not begun. */
  stopClaims(): Promise<void> {
    this.#crew.invoker.close()
    return this.#claims.stop()
  }

  /** Resolves when every job that was begun is settled. */
  async settled(): Promise<void> {
    while (this.#crew.active > 0) await this.changed.next()
  }

  /** Aborts what runs, which goes back to its queue. */
  abort(): void {
    this.#crew.interruptAll(interruptionError('worker_stopping', { worker: this.worker }))
  }

  /** Gives up on what cannot be written. */
  abandon(): void {
    this.#crew.abandon()
  }

  /** When nothing runs any more. */
  async close(): Promise<void> {
    try {
      await this.#cancels.stop()
      await this.#maintenance?.stop()
      await this.#lease.stop()
      this.#crew.close()
    } finally {
      await this.#resources.close()
    }
  }

  #onFree(): void {
    if (!this.#draining) this.#claims.onFree()
    if (this.#crew.busy === 0) this.changed.ring()
  }

  /** Whatever it is told, `run` aside, it claims no more from now on. */
  #obey(order: WorkerOrder): void {
    this.#claims.obey()
    this.changed.ring()
    if (order === 'stop') this.#onStopOrder()
  }

  #cancelled(notices: readonly CancelNotice[]): void {
    this.#claims.drop((job) => notices.some(({ seq, epoch }) => job.seq === seq && job.epoch === epoch))
    this.#crew.cancel(notices)
  }

  #lost(worker: string): void {
    const jobs = this.#crew.running + this.#claims.loseBuffer()
    this.queue.events.emit('lease_lost', { worker, jobs })
    this.#crew.interruptAll(interruptionError('lease_lapsed', { worker }), (each) => each.worker === worker)
  }
}
