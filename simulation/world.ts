import { isMillhandError } from '../src/kit/error.ts'
import { nextTurn } from '../src/kit/turn.ts'
import { isTransient } from '../src/store/errors.ts'
import type { Store } from '../src/store/store.ts'
import { Undone } from './actions.ts'
import type { Chance } from './chance.ts'
import { changesOf } from './changes.ts'
import type { Database } from './database.ts'
import type { Call, Executed, Gate, Gatekeeper } from './gate.ts'
import { violationsOf } from './invariants.ts'
import { type Role, SimulatedProcess } from './process.ts'
import { Story } from './story.ts'
import type { Owner, Timeline } from './timeline.ts'
import { EMPTY, lookAt, type Snapshot, Witness } from './witness.ts'

/** Turns of the event loop without anything new, after which nothing more will come by itself. */
const QUIET_TURNS = 2

/** Calls that only look: nothing has to be checked after them. Any other one may have changed something. */
const LOOKS: ReadonlySet<string> = new Set([
  ...['now', 'jobs.waitsAlone', 'jobs.nextDueAt', 'workers.list', 'queues.paused', 'feed.changesAfter'],
  ...['catalog.get', 'catalog.list', 'catalog.count', 'catalog.tally', 'catalog.logs'],
])

/** A store that is put in place of the real one, to see that its faults are found. */
export type Plant = (store: Store) => Store

interface WorldParts {
  readonly timeline: Timeline
  readonly database: Database
  readonly chance: Chance
  readonly plant?: Plant | undefined
}

/** What must not have been. */
export class Violation extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** Everything that there is: processes, the store that they share, and somebody who watches. */
export class World implements Gatekeeper {
  readonly timeline: Timeline
  readonly story = new Story()
  readonly witness = new Witness()
  readonly database: Database
  /** Set when the faults are over. */
  isCalm = false
  readonly processes = new Set<SimulatedProcess>()
  /** Gates whose process would be told of a change by the system, if the notice is not lost. */
  readonly notices = new Set<Gate>()
  /** What has ended since somebody last saw to it that others start. */
  readonly gone: Role[] = []
  readonly calls = new Map<string, number>()
  working = 0
  open: Gate | undefined
  snapshot: Snapshot = EMPTY
  readonly owner: Owner = { state: 'alive' }
  readonly #observer: Store
  readonly #chance: Chance
  readonly #plant: Plant
  readonly #executed: Executed[] = []
  readonly #problems: string[] = []
  readonly #left: Gate[] = []
  #asked = 0
  #version: number | undefined
  #mark: string | undefined
  #started = 0

  private constructor({ timeline, database, chance, plant }: WorldParts, observer: Store) {
    this.timeline = timeline
    this.database = database
    this.#chance = chance
    this.#plant = plant ?? ((store) => store)
    this.#observer = observer
  }

  static async make(parts: WorldParts): Promise<World> {
    return new World(parts, await parts.database.open())
  }

  get living(): SimulatedProcess[] {
    return [...this.processes].filter(({ state }) => state !== 'dead')
  }

  tell(who: string, words: string | Executed): void {
    this.story.tell(this.timeline.elapsedMs, who, words)
  }

  async start(role: Role): Promise<SimulatedProcess> {
    this.#started += 1
    const { timeline } = this
    const process = new SimulatedProcess({
      name: `${role}-${this.#started}`,
      role,
      store: this.#plant(await this.database.open()),
      keeper: this,
      timeline,
      chance: this.#chance.fork(),
      onCrash: (process) => this.crash(process),
      isCalm: () => this.isCalm,
    })
    this.processes.add(process)
    this.tell(process.name, 'starts')
    process.worker?.start().catch((error) => this.expect(process.name, error))
    return process
  }

  crash(process: SimulatedProcess): void {
    if (process.state === 'dead') return
    this.tell(process.name, 'crashes')
    process.crash()
    this.leave(process)
  }

  /** A process has ended by itself. */
  quit(process: SimulatedProcess): void {
    this.tell(process.name, 'ends')
    process.crash()
    this.leave(process)
  }

  /** Lets a queue go on that somebody has paused, whoever may have crashed. */
  async resume(queue: string): Promise<void> {
    this.tell('world', `resumes ${queue}`)
    await this.#observer.queues.resume(queue)
    for (const { gate } of this.living) this.notices.add(gate)
  }

  /** A process is gone: what it had open is closed by the system. */
  leave(process: SimulatedProcess): void {
    this.processes.delete(process)
    this.notices.delete(process.gate)
    this.#left.push(process.gate)
    this.gone.push(process.role)
  }

  /** All connections are closed, and opened again. */
  async restart(): Promise<void> {
    this.tell('store', 'is closed and opened again')
    for (const { gate } of this.living) {
      await gate.raw.close()
      gate.raw = this.#plant(await this.database.open())
    }
  }

  /** Lets everything run that waits for nothing but promises and turns, and looks at what it has done. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = this.#asked + this.timeline.activity
      await nextTurn()
      const isQuiet = this.working === 0 && before === this.#asked + this.timeline.activity
      quiet = isQuiet ? quiet + 1 : 0
    }
    if (this.database.restarts) for (const gate of this.#left.splice(0)) await gate.raw.close()
    await this.#check()
  }

  onAsked(_call: Call): void {
    this.#asked += 1
  }

  onExecuted(executed: Executed): void {
    this.tell(executed.process, executed)
    this.#count(executed)
    if (LOOKS.has(executed.verb)) return
    this.#executed.push(executed)
    for (const { gate, name } of this.living) {
      if (name !== executed.process && gate.listens) this.notices.add(gate)
    }
  }

  onFailed(process: string, verb: string, error: unknown): void {
    this.tell(process, `${verb} fails: ${error}`)
    this.expect(process, error)
  }

  onCrash(gate: Gate): void {
    const found = this.living.find((process) => process.gate === gate)
    if (found) this.crash(found)
  }

  /** Whatever the package throws has a code. */
  expect(who: string, error: unknown): void {
    const isExpected = isMillhandError(error) || isTransient(error) || error instanceof Undone
    if (!isExpected) this.#problems.push(`${who} met an error without a code: ${error}`)
  }

  #count({ verb, parts }: Executed): void {
    this.calls.set(verb, (this.calls.get(verb) ?? 0) + 1)
    for (const part of parts) this.#count(part)
  }

  /** @throws Violation */
  async #check(): Promise<void> {
    const [call, second] = this.#executed.splice(0)
    if (second) throw new Error(`two calls at once: ${call?.verb} and ${second.verb}`)
    if (call) this.#problems.push(...(await this.#look(call)))
    if (this.#problems.length > 0) throw new Violation(this.#problems)
  }

  async #look(call: Executed): Promise<string[]> {
    const { witness, snapshot: before } = this
    const { elapsedMs } = this.timeline
    const after = await this.#snapshotAfter(before)
    const changes = changesOf(before, after)
    this.snapshot = after
    const problems = violationsOf({ call, before, after, witness, elapsedMs, changes })
    witness.note(call, elapsedMs)
    if (call.verb === 'upkeep.prune') witness.forget(after)
    return problems
  }

  /** Reads only what may be another than before. */
  async #snapshotAfter(before: Snapshot): Promise<Snapshot> {
    const version = this.database.version()
    if (version !== undefined && version === this.#version) return before
    const mark = this.database.mark()
    const isSame = mark !== undefined && mark === this.#mark
    this.#version = version
    this.#mark = mark
    return lookAt(this.#observer, before, isSame)
  }

  /** Ends what still waits, and closes what is open. */
  async end(): Promise<void> {
    for (const process of this.living) {
      process.crash()
      this.leave(process)
    }
    for (let turn = 0; turn < QUIET_TURNS; turn += 1) await nextTurn()
    for (const gate of this.#left.splice(0)) await gate.raw.close()
    await this.#observer.close()
    this.database.remove()
  }
}
