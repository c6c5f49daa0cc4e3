import { nextTurn } from '../src/kit/turn.ts'
import type { Store } from '../src/store/store.ts'
import type { Rescued } from '../src/store/upkeep.ts'
import {
  type Call,
  type Caller,
  type Executed,
  executedBy,
  type Gatekeeper,
  type OpenTransaction,
  type Work,
} from './call.ts'
import type { Chance } from './chance.ts'
import type { Connection, Database, Plant } from './database.ts'
import { strangenessOf } from './expected.ts'
import type { Gate } from './gate.ts'
import { type Role, SimulatedProcess } from './process.ts'
import type { Snapshot } from './snapshot.ts'
import { Story } from './story.ts'
import type { Owner, Timeline } from './timeline.ts'
import { Watcher } from './watcher.ts'

/** Turns of the event loop without anything new, after which nothing more will come by itself. */
const QUIET_TURNS = 2

/** Real time in which a call that waits for nobody is answered. */
const BEHIND_MS = 50

/** Calls that only look: nothing has to be checked after them. Any other one may have changed something. */
const LOOKS: ReadonlySet<string> = new Set([
  ...['now', 'jobs.waitsAlone', 'jobs.nextDueAt', 'workers.list', 'queues.paused', 'feed.changesAfter'],
  ...[
    'queues.configured',
    'queues.unfinished',
    'queues.backlog',
    'limits.strays',
    'ledger.read',
    'ledger.depths',
  ],
  ...['limits.list', 'limits.gates', 'limits.sums', 'schedules.due', 'schedules.list'],
  ...['catalog.get', 'catalog.list', 'catalog.find', 'catalog.count', 'catalog.tally', 'catalog.logs'],
  'operations.list',
])

/** Calls that give nobody anything to do. Whoever watches a file hears of them too, and must not need to. */
const QUIET: ReadonlySet<string> = new Set(['workers.extend', 'upkeep.elect', 'ledger.tidy'])

/** Calls that look first, and write where there is something. */
const MAY_FIND_NOTHING: ReadonlySet<string> = new Set([
  ...['jobs.claim', 'limits.tend', 'queues.unplaced', 'upkeep.errands', 'upkeep.expire', 'upkeep.prune'],
])

/** Nothing is planted. */
const AS_IT_IS: Plant = (connection) => connection

interface WorldParts {
  readonly timeline: Timeline
  readonly database: Database
  readonly chance: Chance
  readonly plant?: Plant | undefined
  /** Whether there are limits, orders, sizes and schedules. */
  readonly isControlled: boolean
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
  readonly database: Database
  readonly isControlled: boolean
  /** Set when the faults are over. */
  isCalm = false
  /** Set while nobody is late for want of a turn. */
  isPunctual = false
  readonly processes = new Set<SimulatedProcess>()
  /** Gates whose process would be told of a change by the system, if the notice is not lost. */
  readonly notices = new Set<Gate>()
  /** What has ended since somebody last saw to it that others start. */
  readonly gone: Role[] = []
  readonly calls = new Map<string, number>()
  readonly underWay = new Set<Work>()
  readonly open = new Set<OpenTransaction>()
  readonly owner: Owner = { state: 'alive' }
  readonly #observer: Store
  readonly #watcher: Watcher
  readonly #chance: Chance
  readonly #plant: Plant
  readonly #executed: Executed[] = []
  readonly #problems: string[] = []
  readonly #left: Gate[] = []
  #asked = 0
  #started = 0

  private constructor({ timeline, database, chance, plant, isControlled }: WorldParts, observer: Store) {
    this.isControlled = isControlled
    this.timeline = timeline
    this.database = database
    this.#chance = chance
    this.#plant = plant ?? AS_IT_IS
    this.#observer = observer
    this.#watcher = new Watcher({ store: observer, database, timeline, isControlled })
  }

  static async make(parts: WorldParts): Promise<World> {
    return new World(parts, (await parts.database.open()).store)
  }

  /** What is in the store, as it was last seen. */
  get snapshot(): Snapshot {
    return this.#watcher.snapshot
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
      connection: await this.#connect(),
      keeper: this,
      timeline,
      chance: this.#chance.fork(),
      isControlled: this.isControlled,
      onCrash: (process) => this.crash(process),
      isCalm: () => this.isCalm,
    })
    this.processes.add(process)
    this.tell(process.name, 'starts')
    process.start().catch((error) => this.#endUnstarted(process, error))
    return process
  }

  /** A worker that could not start ends with its process: one that stayed would be counted on by whoever looks for workers. */
  #endUnstarted(process: SimulatedProcess, error: unknown): void {
    this.expect(process.name, error)
    if (process.state !== 'dead') this.quit(process)
  }

  async #connect(): Promise<Connection> {
    return this.#plant(await this.database.open())
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

  /** Lets a queue go on no more. */
  async pause(queue: string): Promise<void> {
    this.tell('world', `pauses ${queue}`)
    await this.#observer.queues.pause(queue)
  }

  /** Nothing ticks any more, and any number of jobs may wait in any queue, in the order of most. */
  async liftControls(queues: readonly string[]): Promise<void> {
    this.tell('world', 'removes the schedules, and the settings of queues')
    for (const { name } of await this.#observer.schedules.list()) await this.#observer.schedules.remove(name)
    for (const queue of queues) await this.#observer.queues.configure(queue, {})
    this.#watcher.readsAll = true
  }

  /** The time of the store. */
  now(): Promise<number> {
    return this.#observer.now()
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
      gate.connection = await this.#connect()
    }
  }

  /** Lets everything run that waits for nothing but promises and turns, and looks at what it has done. */
  async settle(): Promise<void> {
    let stillSinceMs = performance.now()
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = this.#asked + this.timeline.activity
      await nextTurn()
      const isStill = before === this.#asked + this.timeline.activity
      if (!isStill) stillSinceMs = performance.now()
      const isQuiet = isStill && (this.underWay.size === 0 || (await this.#isStuck(stillSinceMs)))
      quiet = isQuiet ? quiet + 1 : 0
      // Somebody else is at work: not to take his processor.
      if (isStill && !isQuiet) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    if (this.database.restarts) for (const gate of this.#left.splice(0)) await gate.raw.close()
    await this.#check()
  }

  /** Whatever is under way waits for the end of a transaction, and nothing of it comes before that. */
  async #isStuck(stillSinceMs: number): Promise<boolean> {
    if (this.open.size === 0) return false
    const blocked = await this.database.blocked()
    // Others wait in their process, behind those who wait for a lock.
    const isBehind = blocked > 0 && performance.now() - stillSinceMs > BEHIND_MS
    return isBehind || blocked >= this.underWay.size
  }

  onAsked(_call: Call): void {
    this.#asked += 1
  }

  onExecuted(executed: Executed): void {
    this.tell(executed.process, executed)
    this.#count(executed)
    if (LOOKS.has(executed.verb)) return
    this.#executed.push(executed)
    if (QUIET.has(executed.verb) || hasDoneNothing(executed)) return
    for (const { gate, name } of this.living) {
      if (name !== executed.process && gate.listens) this.notices.add(gate)
    }
  }

  onFailed(process: string, verb: string, error: unknown): void {
    this.tell(process, `${verb} fails: ${error}`)
    this.expect(process, error, verb)
  }

  onCrash(gate: Caller): void {
    const found = this.living.find((process) => process.gate === gate)
    if (found) this.crash(found)
  }

  expect(who: string, error: unknown, verb?: string): void {
    this.#problems.push(...strangenessOf(error, verb).map((each) => `${who} ${each}`))
  }

  #count({ verb, parts }: Executed): void {
    this.calls.set(verb, (this.calls.get(verb) ?? 0) + 1)
    for (const part of parts) this.#count(part)
  }

  /** @throws Violation */
  async #check(): Promise<void> {
    const calls = this.#executed.splice(0)
    for (const work of this.underWay) {
      work.isSeen = true
      calls.push(executedBy(work, undefined, true))
    }
    if (calls.length > 1 && !this.database.concurrent)
      throw new Error(`several calls at once: ${calls.map(({ verb }) => verb).join(' and ')}`)
    if (calls.length > 0) this.#problems.push(...(await this.#watcher.look(calls, this.isPunctual)))
    if (this.#problems.length > 0) throw new Violation(this.#problems)
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
    await this.database.remove()
  }
}

/** What has found nothing has written nothing: nobody hears of it, not even whoever watches a file. */
function hasDoneNothing({ verb, result }: Executed): boolean {
  if (verb === 'upkeep.rescue') return isIdle(result as Rescued)
  return MAY_FIND_NOTHING.has(verb) && (result === 0 || (Array.isArray(result) && result.length === 0))
}

function isIdle({ workers, rescued, quarantined, more }: Rescued): boolean {
  return workers.length + rescued.length + quarantined.length === 0 && !more
}
