import { Emitter } from '../../src/kit/emitter.ts'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { tick } from '../../src/maintenance/tick.ts'
import type { Store } from '../../src/store/store.ts'
import type { MillhandEvents } from '../../src/telemetry/events.ts'
import { newJob } from '../support/jobs.ts'
import { type ControlCommand, GATES } from './control-history.ts'

const ALL = 1_000
const GATES_OF_ALL = [...new Set(GATES.flatMap((gates) => JSON.parse(gates).map(([gate]: [string]) => gate)))]

/** Plays on one store what queues are controlled by. */
export class ControlPlayer {
  readonly #store: Store
  readonly #clock: VirtualClock
  readonly #pendingMax: number

  constructor(store: Store, clock: VirtualClock, pendingMax: number) {
    this.#store = store
    this.#clock = clock
    this.#pendingMax = pendingMax
  }

  play(command: ControlCommand, limited: boolean): Promise<unknown> {
    const { limits, schedules } = this.#store
    switch (command.do) {
      case 'declare':
        return limits.declare([command.limit])
      case 'override':
        return limits.override(command.limit, command.rule)
      case 'tend':
        return this.tend()
      case 'configure':
        return this.#configure(command)
      case 'schedule':
        return schedules.set(this.#schedule(command, limited ? GATES[0] : null))
      case 'unschedule':
        return schedules.remove(command.name)
      case 'tick':
        return this.#tick()
    }
  }

  /**
   * Whom a store lets go on when somebody leaves, beyond those who have room at once, is its own: a claim decides. Before each one
   * all are let go on who may, so that it has the same to choose from.
   */
  async tend(): Promise<void> {
    await this.#store.limits.tend(ALL)
  }

  /** What can be seen of it, but for who waits at a gate and who is on his way. */
  async dump(): Promise<unknown> {
    const { limits, schedules, queues } = this.#store
    return {
      limits: await limits.list(),
      gates: (await limits.gates({ names: GATES_OF_ALL }, ALL)).map(({ waiting, ...gate }) => gate),
      strays: { ...(await limits.strays(ALL)), waiting: [] },
      schedules: await schedules.list(),
      settings: await queues.configured(),
    }
  }

  async #configure({ queue, settings }: Extract<ControlCommand, { do: 'configure' }>): Promise<number> {
    const { queues } = this.#store
    await queues.configure(queue, settings)
    return queues.place(queue)
  }

  #schedule(
    { name, everyMs, overlap, catchUp, queue }: Extract<ControlCommand, { do: 'schedule' }>,
    limits: string | null,
  ) {
    const { id: _id, key: _key, delayMs: _delay, runAtMs: _at, ...job } = newJob('', { queue, limits })
    const nowMs = this.#clock.now()
    const tickAt = (Math.floor(nowMs / everyMs) + 1) * everyMs
    const rule = JSON.stringify({ everyMs, jitterMs: 0 })
    const plan = JSON.stringify({ overlap, catchUp, limit: 3, job })
    return { name, rule, plan, declared: false, tickAt, dueAt: tickAt }
  }

  async #tick(): Promise<readonly string[]> {
    const { schedules, nowMs } = await this.#store.schedules.due(ALL)
    const events = new Emitter<MillhandEvents>()
    const ids: string[] = []
    events.on('tick', (event) => ids.push(...event.ids))
    for (const schedule of schedules)
      await tick({ store: this.#store, events, pendingMax: this.#pendingMax }, schedule, nowMs)
    return ids
  }
}
