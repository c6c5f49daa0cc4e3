import type { Store } from '../src/store/store.ts'
import type { Executed } from './call.ts'
import { changesOf } from './changes.ts'
import { NO_CONTROLS, readControls } from './controls/controls.ts'
import { GateWitness } from './controls/gate-witness.ts'
import { asSingleCall } from './controls/operations.ts'
import { TickWitness } from './controls/tick-witness.ts'
import type { Database, Marks } from './database.ts'
import { guessed } from './guess.ts'
import { violationsOf } from './invariants.ts'
import { changedIn } from './marks.ts'
import { EMPTY, lookAgain, type Snapshot } from './snapshot.ts'
import type { Timeline } from './timeline.ts'
import { Witness } from './witness.ts'

interface Sight {
  /** The store, past all gates. */
  readonly store: Store
  readonly database: Database
  readonly timeline: Timeline
  /** Whether there are limits, orders, sizes and schedules. */
  readonly isControlled: boolean
}

/** Looks at what is in the store after each call, and says what must not be. */
export class Watcher {
  snapshot: Snapshot
  /** Somebody has changed what no call tells of. */
  readsAll = false
  readonly #sight: Sight
  readonly #witness = new Witness()
  readonly #gates = new GateWitness()
  readonly #ticks = new TickWitness()
  #version: string | undefined
  #marks: Marks = new Map()

  constructor(sight: Sight) {
    this.#sight = sight
    this.snapshot = sight.isControlled ? { ...EMPTY, controls: NO_CONTROLS } : EMPTY
  }

  /** What was wrong with these calls, of which nobody knows the order, in words. */
  async look(executed: readonly Executed[], isPunctual: boolean): Promise<string[]> {
    const before = this.snapshot
    const { elapsedMs } = this.#sight.timeline
    const after = await this.#snapshotAfter(before, executed)
    const changes = changesOf(before, after)
    this.snapshot = after
    const calls = executed
      .map((call) => guessed(asSingleCall(call), { before, after, changes }))
      .flatMap((call) => [call, ...call.parts])
    const { ordered: isOrdered, timing } = this.#sight.database
    const moment = { calls, before, after, elapsedMs, timing }
    const known = { witness: this.#witness, gates: this.#gates, ticks: this.#ticks }
    const event = { ...moment, ...known, changes, isOrdered, isPunctual }
    const problems = violationsOf(event)
    for (const call of calls) this.#witness.note(call, elapsedMs)
    this.#witness.kept.note(calls, elapsedMs)
    if (after.controls) {
      this.#gates.note(moment)
      this.#ticks.note(moment)
    }
    if (calls.some(({ verb }) => verb === 'upkeep.prune')) this.#witness.forget(after)
    if (this.snapshot !== before) problems.push(...(await this.#sight.database.complaints()))
    return problems
  }

  /** Reads only what may be another than before. */
  async #snapshotAfter(before: Snapshot, calls: readonly Executed[]): Promise<Snapshot> {
    const { store, database } = this.#sight
    const version = await database.version()
    if (version !== undefined && version === this.#version) return before
    const marks = await database.marks()
    const changed = changedIn(marks, this.#marks)
    const seen = await lookAgain(store, before, { marks, changed })
    const controls =
      before.controls && (await readControls(this.#sight, before.controls, this.readsAll ? 'all' : calls))
    const snapshot = controls ? { ...seen, controls } : seen
    // Of what is written meanwhile, some of it would be seen and some not.
    if (version !== (await database.version())) return this.#snapshotAfter(before, calls)
    this.#version = version
    this.#marks = marks
    this.readsAll = false
    return snapshot
  }
}
