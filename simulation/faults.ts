import type { Call, Verdict } from './call.ts'
import type { Chance } from './chance.ts'
import type { Role, SimulatedProcess } from './process.ts'
import type { Script } from './script.ts'
import type { World } from './world.ts'

/** Of a hundred calls, so many meet something in a world of medium faults. */
const FAULTY_PERCENT = 2

/** What may happen to one call, and how often. */
const CALL_FAULTS = {
  'crash before': 2,
  'crash after': 2,
  'lose the answer': 4,
  'refuse as away': 3,
  'refuse as locked': 3,
  delay: 3,
} as const

/** What may happen to a process or to the store. */
const WORLD_FAULTS = {
  crash: 3,
  freeze: 4,
  stop: 2,
  'step a clock': 3,
  'lose notices': 3,
  'be away': 1,
  'be locked': 1,
  'restart the store': 1,
} as const

/**
 * A claim whose answer is lost while its process lives leaves jobs that nobody runs and nobody rescues. A store in the
 * same process answers in the very turn in which it commits, so that it cannot be; one that is far looks after it itself,
 * and its answers are lost beneath it.
 */
const ANSWERED_AT_ONCE: ReadonlySet<string> = new Set(['jobs.claim'])

/** A call is of some statements at most: each of them has its answer. */
const ANSWERS_BEFORE_MAX = 3

/** Longer than any lease. */
const LONGEST_MS = 40_000
const LONGEST_STEP_MS = 3_600_000
const RESTART_MS = 20_000

/** A locked database answers those who only look. */
const READS =
  /^(now|catalog\.(get|list|count|tally|logs)|.*\.(waitsAlone|nextDueAt|list|paused|configured|depths|read|unfinished|changesAfter|due|gates|sums))$/

type Hindrance = 'refuse as away' | 'refuse as locked'

type Act = (process: SimulatedProcess, chance: Chance) => void

/** What goes wrong, by chance, and what puts it right again. */
export class Faults {
  readonly counts = new Map<string, number>()
  readonly #world: World
  readonly #chance: Chance
  readonly #toStart: Role[] = []
  readonly #toRestart: boolean[] = []
  readonly #script: Script
  readonly #worldFaults: Record<keyof typeof WORLD_FAULTS, number>
  readonly #callFaults: Record<keyof typeof CALL_FAULTS, number>
  readonly #faultyPercent: number
  #hindered: Hindrance | undefined
  #isOver = false

  constructor(world: World, { chance, script }: { readonly chance: Chance; readonly script: Script }) {
    this.#world = world
    this.#chance = chance
    this.#script = script
    this.#worldFaults = chance.swayed(WORLD_FAULTS)
    this.#callFaults = chance.swayed(CALL_FAULTS)
    this.#faultyPercent = FAULTY_PERCENT * 4 * chance.random()
  }

  /** Lets a call through, or lets it meet a fault. */
  letThrough(call: Call): void {
    const hindrance = this.#hindrance(call)
    if (hindrance) this.#refuse(call, hindrance)
    else this.#rule(call)
  }

  #rule(call: Call): void {
    const verdict = this.#isOver ? 'run' : this.#verdict(call)
    if (verdict === 'delay') this.#delay(call)
    else if (verdict === 'crash before') this.#world.onCrash(call.gate)
    else call.decide(verdict)
    if (verdict !== 'run') this.#note(call.gate.process, verdict, ` ${call.verb}`)
  }

  /** Lets something happen that no call has asked for. */
  any(): void {
    const chance = this.#script.next()
    const { living } = this.#world
    if (!chance || living.length === 0) return
    this.#acts[chance.weighted(this.#worldFaults)](chance.pick(living), chance)
  }

  /** Starts what has crashed, when it is time, and what else has to wait for the store. */
  async upkeep(): Promise<void> {
    for (const role of this.#world.gone.splice(0))
      this.#after(this.#chance.upToMs(RESTART_MS), () => this.#toStart.push(role))
    if (this.#world.open.size > 0 || this.#toStart.length + this.#toRestart.length === 0) return
    for (const role of this.#toStart.splice(0)) await this.#world.start(role)
    if (this.#toRestart.splice(0).length > 0) await this.#world.restart()
    await this.#world.settle()
  }

  /** From now on nothing goes wrong any more, and whatever did is put right. */
  async end(): Promise<void> {
    this.#isOver = true
    this.#hindered = undefined
    this.#world.tell('world', 'has no more faults from here on')
    for (const process of this.#world.living) {
      process.wake()
      // A beat that is held up for longer than a lease is a fault as well.
      for (const call of process.gate.waiting) call.notBeforeMs = 0
    }
    await this.#world.settle()
  }

  readonly #acts: Readonly<Record<keyof typeof WORLD_FAULTS, Act>> = {
    crash: (process) => {
      this.#count('crash')
      this.#world.crash(process)
    },
    freeze: (process, chance) => {
      if (process.state !== 'alive') return
      const ms = chance.upToMs(LONGEST_MS)
      this.#note(process.name, 'freeze', ` for ${ms} ms`)
      process.freezeFor(ms, this.#world.timeline)
    },
    stop: (process, chance) => {
      if (!process.worker || process.state !== 'alive') return
      this.#note(process.name, 'stop', '')
      void process.worker.stop({ timeout: chance.upToMs(LONGEST_MS) }).then(() => this.#world.quit(process))
    },
    'step a clock': (process, chance) => {
      const ms = chance.upToMs(LONGEST_STEP_MS) * (chance.percent(50) ? 1 : -1)
      const isMachine = chance.percent(50)
      this.#note(isMachine ? 'machine' : process.name, 'step a clock', ` by ${ms} ms`)
      if (isMachine) this.#world.database.step(ms)
      else process.clock.skewMs += ms
    },
    'lose notices': () => {
      if (this.#world.notices.size === 0) return
      this.#note('world', 'lose notices', '')
      this.#world.notices.clear()
    },
    'be away': (_, chance) => this.#hinder('refuse as away', chance),
    'be locked': (_, chance) => this.#hinder('refuse as locked', chance),
    'restart the store': () => {
      if (!this.#world.database.restarts) return
      this.#count('restart the store')
      this.#toRestart.push(true)
    },
  }

  #hinder(verdict: Hindrance, chance: Chance): void {
    if (this.#hindered || this.#world.open.size > 0) return
    const ms = chance.upToMs(LONGEST_MS)
    this.#note('store', verdict === 'refuse as away' ? 'be away' : 'be locked', ` for ${ms} ms`)
    this.#hindered = verdict
    this.#after(ms, () => {
      this.#hindered = undefined
    })
  }

  /** Why nobody gets through at the moment. */
  #hindrance({ verb, within }: Call): Verdict | undefined {
    if (!this.#hindered || within) return undefined
    return this.#hindered === 'refuse as locked' && READS.test(verb) ? undefined : this.#hindered
  }

  #refuse(call: Call, verdict: Verdict): void {
    this.#world.tell(call.gate.process, `${verdict}: ${call.verb}`)
    call.decide(verdict)
  }

  #verdict(call: Call): Verdict | keyof typeof CALL_FAULTS {
    const chance = this.#chance.percent(this.#faultyPercent) && this.#script.next()
    if (!chance) return 'run'
    const fault = chance.weighted(this.#callFaults)
    if (fault !== 'lose the answer') return fault
    call.answersBefore = chance.below(ANSWERS_BEFORE_MAX + 1)
    return ANSWERED_AT_ONCE.has(call.verb) && !call.gate.connection.line ? 'delay' : fault
  }

  #delay(call: Call): void {
    call.notBeforeMs = this.#world.timeline.elapsedMs + this.#chance.upToMs(LONGEST_MS)
    // So that time can move on to it.
    this.#after(call.notBeforeMs - this.#world.timeline.elapsedMs, () => {})
  }

  #after(ms: number, callback: () => void): void {
    this.#world.timeline.set(ms, this.#world.owner, callback)
  }

  #note(who: string, fault: string, words: string): void {
    this.#count(fault)
    this.#world.tell(who, `fault: ${fault}${words}`)
  }

  #count(fault: string): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1)
  }
}
