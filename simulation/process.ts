import { parseOptions } from '../src/kit/options.ts'
import { queueOn } from '../src/queue/open.ts'
import { openFields } from '../src/queue/open-options.ts'
import type { Queue } from '../src/queue/queue.ts'
import { Worker } from '../src/worker/worker.ts'
import type { Gatekeeper } from './call.ts'
import type { Chance } from './chance.ts'
import { DECLARED, limitedIn } from './controls/definitions.ts'
import type { Connection } from './database.ts'
import { Gate } from './gate.ts'
import { type Host, handledIn } from './handlers.ts'
import { type Owner, SkewedClock, type Timeline } from './timeline.ts'

export type Role = 'worker' | 'client'

interface ProcessParts {
  readonly name: string
  readonly role: Role
  readonly connection: Connection
  readonly keeper: Gatekeeper
  readonly timeline: Timeline
  readonly chance: Chance
  /** Whether it knows of limits and schedules. */
  readonly isControlled: boolean
  /** Whether the faults are over. */
  readonly isCalm: () => boolean
  /** Told when a handler takes the process with it. */
  readonly onCrash: (process: SimulatedProcess) => void
}

/** By how much the clocks of two processes may differ. */
const SKEW_MS = 90_000

/** Whoever wakes it is not asleep. */
const WORLD: Owner = { state: 'alive' }

/** One process of the world: its own clock, its own store behind a gate, a queue, and a worker if it is one. */
export class SimulatedProcess implements Owner {
  readonly name: string
  readonly role: Role
  readonly gate: Gate
  readonly clock: SkewedClock
  readonly queue: Queue
  readonly worker: Worker | undefined
  #state: Owner['state'] = 'alive'
  #isStarted = false

  constructor(parts: ProcessParts) {
    const { name, role, connection, keeper, timeline, chance } = parts
    this.name = name
    this.role = role
    this.gate = new Gate(name, connection, keeper)
    this.clock = new SkewedClock(timeline, this, chance.below(2 * SKEW_MS) - SKEW_MS)
    const options = parseOptions('openQueue', openFields, {
      logger: false,
      clock: this.clock,
      random: chance.fork().random,
    })
    this.queue = queueOn(this.gate.wrapped(), { ...options, clock: this.clock })
    const host = {
      clock: this.clock,
      isCalm: parts.isCalm,
      freeze: (ms: number) => this.freezeFor(ms, timeline),
      crash: () => parts.onCrash(this),
      write: (tx: object) => this.gate.write(tx),
    }
    if (role === 'worker')
      this.worker = new Worker(this.queue, { ...declaredBy(parts, host), concurrency: 1 + chance.below(4) })
  }

  /** Whether it does what it is there for. */
  get isStarted(): boolean {
    return this.#isStarted
  }

  async start(): Promise<void> {
    await this.worker?.start()
    this.#isStarted = true
  }

  get state(): Owner['state'] {
    return this.#state
  }

  /** It stands still: nothing that was asked arrives, no timer fires. */
  freeze(): void {
    if (this.#state === 'alive') this.#state = 'frozen'
  }

  /** The same until so much time has passed. */
  freezeFor(ms: number, timeline: Timeline): void {
    this.freeze()
    timeline.set(ms, WORLD, () => this.wake())
  }

  wake(): void {
    if (this.#state === 'frozen') this.#state = 'alive'
  }

  /** It is gone, with all that it knew. */
  crash(): void {
    this.#state = 'dead'
    this.gate.crash()
  }
}

/** What a worker runs and declares. When the faults are over it declares nothing that would go on for ever. */
function declaredBy({ name, isControlled, isCalm }: ProcessParts, host: Host) {
  if (!isControlled) return { name, jobs: handledIn(host) }
  return { name, jobs: [...handledIn(host), ...limitedIn(host)], schedules: isCalm() ? {} : DECLARED }
}
