import { isFinal } from '../src/job/state.ts'
import { anyAction } from './actions.ts'
import type { Call } from './call.ts'
import type { Chance } from './chance.ts'
import { isOverdue } from './controls/overdue.ts'
import { ALWAYS, IN_TURN, type Stage } from './controls/probes.ts'
import { Faults } from './faults.ts'
import { WORK } from './handlers.ts'
import { leftOver } from './left-over.ts'
import { Listener } from './listener.ts'
import { leaveOne, PROBES, type Probe } from './probe.ts'
import type { SimulatedProcess } from './process.ts'
import { type Action, QUEUES } from './scene.ts'
import { Script } from './script.ts'
import { Violation, type World } from './world.ts'

/** What may come next, and how often it does while it can. */
const MOVES = { call: 60, soon: 25, later: 15, notice: 8, action: 9, fault: 3 } as const

type Move = keyof typeof MOVES

/** A timer that is due within this is one that work waits for; others are those of a world that waits. */
const SOON_MS = 60

/** By so much time may move on while somebody can do something, where nobody is to be late for want of a turn. */
const LITTLE_MS = 2

/** With nothing else to do, a job is settled so soon after it is due: in much less than it takes until workers look by themselves. */
const PICKUP_MS = 1_000

/** Whoever listens hears of it after so long at most: in more than it takes until it looks by itself. */
const HEARD_MS = 3_000

/** While nobody is late for want of a turn, a call is answered within this. */
const ANSWERED_MS = 2_000

/** How often several calls are let through at once where the store takes that, and how many. */
const AT_ONCE_PERCENT = 30
const AT_ONCE_MAX = 3

/** After the faults, everything has to be settled within this time of the world, and all workers have stopped after it. */
const LIVENESS_MS = 30 * 60_000
/** And as much longer for each job that is left: more than an attempt may take. */
const EACH_LEFT_MS = 15_000
/** So long time moves on whoever could do something: leases may lapse by that, and their jobs begin again and again. */
const FAIR_AFTER_MS = 10 * 60_000

/** Many times what any world takes: where somebody asks without end, time may stand still. */
const STEPS_MAX = 100_000

interface Course {
  /** Numbers of what clients do and of what goes wrong that is left out. */
  readonly without?: ReadonlySet<number> | undefined
  /** Whether several calls are let through at once, where the store takes that. What comes of it the server decides as well. */
  readonly isCrowded?: boolean
}

/** Decides, step by step, what happens next. Nothing happens that it has not let happen. */
export class Scheduler {
  readonly #world: World
  readonly #chance: Chance
  readonly #faults: Faults
  readonly #script: Script
  readonly #moves: Record<Move, number>
  readonly #isCrowded: boolean
  readonly #waiting = new Map<Action, SimulatedProcess>()
  #isOver = false
  /** Time moves on by little as long as somebody can do something. */
  #isFair = false
  #steps = 0

  constructor(world: World, chance: Chance, { without = new Set(), isCrowded = false }: Course = {}) {
    this.#world = world
    this.#isCrowded = isCrowded
    this.#chance = chance.fork()
    this.#script = new Script(chance.fork(), without)
    this.#moves = this.#chance.swayed(MOVES)
    this.#faults = new Faults(world, { chance: chance.fork(), script: this.#script })
  }

  /** How many steps it has made before the faults stopped. */
  get steps(): number {
    return this.#steps
  }

  /** How many things clients have done or have gone wrong. */
  get disturbances(): number {
    return this.#script.length
  }

  get faults(): ReadonlyMap<string, number> {
    return this.#faults.counts
  }

  /** Lets so many things happen, faults among them. @throws Violation */
  async disturb(steps: number): Promise<void> {
    for (; this.#steps < steps; this.#steps += 1) await this.#step()
  }

  /** Without faults, everything comes to an end. @throws Violation */
  async calm(): Promise<void> {
    this.#isOver = true
    this.#world.isCalm = true
    await this.#faults.end()
    const untilMs = this.#boundMs
    await this.#until(() => !this.#isPausing && this.#world.open.size === 0, untilMs)
    for (const lane of QUEUES) await this.#world.resume(lane)
    if (this.#world.isControlled) await this.#endControls(untilMs)
    await this.#comeToRest()
    await this.#until(() => this.#hasBoth, this.#boundMs)
    const listener = await this.#listen()
    for (const probe of PROBES) await this.#probe(probe, listener)
    if (this.#world.isControlled)
      for (const probe of [...ALWAYS, this.#chance.pick(IN_TURN)]) await this.#try(probe)
    for (const process of this.#world.living) {
      if (process.worker) this.#watch(process, { words: 'stop', done: process.worker.stop() })
    }
    await this.#until(() => this.#waiting.size === 0, this.#world.timeline.elapsedMs + LIVENESS_MS)
  }

  /** Everything is settled: by and by, whatever turn comes first, and where that takes long, as soon as each has had its turn. */
  async #comeToRest(): Promise<void> {
    const untilMs = this.#boundMs
    const fairMs = this.#world.timeline.elapsedMs + FAIR_AFTER_MS
    await this.#until(() => this.#isAtRest || this.#world.timeline.elapsedMs > fairMs, untilMs)
    this.#isFair = true
    await this.#until(() => this.#isAtRest, untilMs)
    this.#isFair = false
  }

  /** By when everything has to be settled that is there now. */
  get #boundMs(): number {
    const { snapshot, timeline } = this.#world
    const left = [...snapshot.jobs.values()].filter(({ state }) => !isFinal(state)).length
    return timeline.elapsedMs + LIVENESS_MS + left * EACH_LEFT_MS
  }

  /** What ticks has done so in time, and does so no more. */
  async #endControls(untilMs: number): Promise<void> {
    const isSet = () => !this.#isSetting && this.#world.living.every(({ isStarted }) => isStarted)
    // Else ticks would come sooner than anybody can see to them.
    this.#isFair = true
    await this.#until(() => isSet() && this.#world.open.size === 0 && !isOverdue(this.#world), untilMs, [
      'a tick has come, and nobody sees to it',
    ])
    this.#isFair = false
    await this.#world.liftControls(QUEUES)
  }

  /** Somebody's wish to set a schedule, or something of a queue, is under way. */
  get #isSetting(): boolean {
    this.#forgetDead()
    return [...this.#waiting.keys()].some(({ words }) => /^(set schedule|configure)/.test(words))
  }

  /** Somebody who asks, and somebody who works: whoever has crashed is started again after a while. */
  get #hasBoth(): boolean {
    const roles = new Set(this.#world.living.map(({ role }) => role))
    return roles.size === 2
  }

  /** Somebody listens, and has been heard of in the store: nobody else subscribes any more. */
  async #listen(): Promise<Listener> {
    const world = this.#world
    const subscribed = () => world.calls.get('feed.subscribe') ?? 0
    const before = subscribed()
    const listener = new Listener()
    const client = this.#anyClient()
    listener.listen(client.queue).catch((error) => world.expect(client.name, error))
    await this.#until(() => subscribed() > before, world.timeline.elapsedMs + LIVENESS_MS)
    return listener
  }

  #anyClient(): SimulatedProcess {
    return this.#chance.pick(this.#world.living.filter(({ role }) => role === 'client'))
  }

  /** Where nobody has anything else to do, a job begins when it is due: whoever sleeps is woken, and need not wake by itself. */
  async #probe({ options, isLone }: Probe, listener: Listener): Promise<void> {
    const { timeline } = this.#world
    const wake = isLone ? leaveOne(this.#world) : () => {}
    this.#isFair = true
    const client = this.#anyClient()
    const words = `enqueue a probe ${JSON.stringify(options)}`
    const done = client.queue.enqueue(WORK, { act: 'complete', ms: 0 }, options)
    this.#watch(client, { words, done })
    await this.#world.settle()
    const untilMs = timeline.elapsedMs + Number(options.delay ?? 0) + PICKUP_MS
    await this.#until(() => this.#isAtRest, untilMs)
    const { id } = await done
    await this.#until(() => listener.hasHeardOf(id), untilMs + HEARD_MS, [`nobody heard of the end of ${id}`])
    this.#isFair = false
    wake()
  }

  /** The same with more than one call. */
  async #try(probe: (stage: Stage) => Promise<void>): Promise<void> {
    const { timeline } = this.#world
    const client = this.#anyClient()
    const until = (isDone: () => boolean, withinMs: number) =>
      this.#until(isDone, timeline.elapsedMs + withinMs)
    this.#world.isPunctual = this.#isFair = true
    await probe({
      world: this.#world,
      client,
      isAtRest: () => this.#isAtRest,
      ask: async (words, done) => {
        const action = { words, done }
        this.#watch(client, action)
        await until(() => !this.#waiting.has(action), ANSWERED_MS)
        return done.catch((error) => {
          throw new Violation([`${words} fails: ${error}`])
        })
      },
      until,
    })
    this.#world.isPunctual = this.#isFair = false
  }

  async #until(isDone: () => boolean, untilMs: number, otherwise: readonly string[] = []): Promise<void> {
    for (let steps = 0; !isDone(); steps += 1) {
      if (this.#world.timeline.elapsedMs > untilMs || steps > STEPS_MAX)
        throw new Violation([...otherwise, ...leftOver(this.#world, this.#waiting)])
      await this.#step()
    }
  }

  /** Somebody's wish to pause a queue is under way. */
  get #isPausing(): boolean {
    this.#forgetDead()
    return [...this.#waiting.keys()].some(({ words }) => words.startsWith('pause'))
  }

  /** What somebody asked who is gone will never be answered. */
  #forgetDead(): void {
    for (const [action, { state }] of this.#waiting) if (state === 'dead') this.#waiting.delete(action)
  }

  get #isAtRest(): boolean {
    this.#forgetDead()
    return (
      this.#waiting.size === 0 && [...this.#world.snapshot.jobs.values()].every(({ state }) => isFinal(state))
    )
  }

  async #step(): Promise<void> {
    const world = this.#world
    await this.#faults.upkeep()
    const calls = this.#ready()
    const untilMs = world.timeline.untilNextMs
    const timer: Move = (untilMs ?? 0) <= SOON_MS ? 'soon' : 'later'
    const { call, notice, action, fault, [timer]: time } = this.#moves
    const isBusy = calls.length > 0 || world.notices.size > 0
    const mayMove = !this.#isFair || !isBusy || (untilMs ?? 0) <= LITTLE_MS
    const can: Partial<Record<Move, number>> = {
      ...(calls.length > 0 && { call }),
      ...(untilMs !== undefined && mayMove && { [timer]: time }),
      ...(world.notices.size > 0 && { notice }),
      ...(!this.#isOver && { action, fault }),
    }
    if (Object.keys(can).length === 0)
      throw new Violation(['nothing can happen any more', ...leftOver(this.#world, this.#waiting)])
    this.#make(this.#chance.weighted(can as Record<Move, number>), calls)
    await world.settle()
  }

  #make(move: Move, calls: readonly Call[]): void {
    if (move === 'call') for (const call of this.#some(calls)) this.#faults.letThrough(call)
    else if (move === 'notice') this.#notify()
    else if (move === 'action') this.#act()
    else if (move === 'fault') this.#faults.any()
    else this.#world.timeline.fireNext()
  }

  /** One call, or some that the store works on at once. A transaction is open for longer: it begins alone. */
  #some(calls: readonly Call[]): readonly Call[] {
    const first = this.#chance.pick(calls)
    const isCrowded = this.#isCrowded && this.#world.database.concurrent
    if (!isCrowded || first.within || !this.#chance.percent(AT_ONCE_PERCENT)) return [first]
    const others = this.#chance.shuffled(calls.filter((call) => call !== first)).slice(0, AT_ONCE_MAX - 1)
    return [first, ...others].some(({ verb }) => verb === 'transaction') ? [first] : [first, ...others]
  }

  #notify(): void {
    const { notices } = this.#world
    const gate = this.#chance.pick([...notices])
    notices.delete(gate)
    gate.notify()
  }

  /** Calls that can go on: those of whoever is awake; where only one is worked on at a time, those in the open transaction. */
  #ready(): Call[] {
    const world = this.#world
    const all = world.living.filter(({ state }) => state === 'alive').flatMap(({ gate }) => gate.waiting)
    const due = all.filter(({ notBeforeMs }) => notBeforeMs <= world.timeline.elapsedMs)
    const inside = due.filter(({ within }) => within && world.open.has(within))
    if (world.open.size > 0 && !world.database.concurrent) return inside
    return [...inside, ...due.filter(({ within }) => !within)]
  }

  #act(): void {
    const awake = this.#world.living.filter(({ state, role }) => state === 'alive' && role === 'client')
    const chance = this.#script.next()
    if (!chance || awake.length === 0) return
    const process = chance.pick(awake)
    const { snapshot, isControlled } = this.#world
    this.#watch(process, anyAction(process, chance, { ids: [...snapshot.jobs.keys()], isControlled }))
  }

  #watch(process: SimulatedProcess, action: Action): void {
    const world = this.#world
    world.tell(process.name, `asks: ${action.words}`)
    this.#forgetDead()
    this.#waiting.set(action, process)
    const end = (how: string) => {
      this.#waiting.delete(action)
      world.tell(process.name, `${how}: ${action.words}`)
    }
    action.done.then(
      () => end('has done'),
      (error) => {
        end(`fails (${error.code ?? error}) to`)
        world.expect(process.name, error)
      },
    )
  }
}
