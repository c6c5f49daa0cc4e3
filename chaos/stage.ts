import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, type Verdict } from './check.ts'
import { followWallClock, WallClock } from './clock.ts'
import type { Slot } from './crew.ts'
import { openStore } from './open.ts'
import { openPlace } from './places/open.ts'
import type { Place } from './places/place.ts'
import type { FaultKind, StoreKind } from './plan.ts'
import { restingJobs } from './rest.ts'
import { readWitnesses, Witness, witnessFile } from './witness.ts'

/** What came of a run. */
export interface Outcome {
  readonly verdict: Verdict
  readonly leftOut: Readonly<Partial<Record<FaultKind, string>>>
  /** Where the witnesses are, if they were kept. */
  readonly witnesses: string | null
}

/** A store of a run's own, a wall clock, the witnesses, and the processes that work there. */
export class Stage {
  readonly place: Place
  /** The folder of the witnesses. */
  readonly witnesses: string
  readonly clockFile: string
  readonly clock: WallClock
  /** Of what is done to the others. */
  readonly witness: Witness
  readonly #slots: Slot[] = []
  /** However this ends, nobody is left who stands still. */
  readonly #onExit = () => {
    for (const slot of this.#slots) slot.child.signal('SIGKILL')
  }

  private constructor(place: Place) {
    this.place = place
    this.witnesses = mkdtempSync(join(tmpdir(), 'millhand-chaos-witnesses-'))
    this.clockFile = join(this.witnesses, 'clock')
    this.clock = new WallClock(this.clockFile)
    this.witness = new Witness(witnessFile(this.witnesses, 'main'))
    followWallClock(this.clockFile)
    process.once('exit', this.#onExit)
  }

  static async open(store: StoreKind): Promise<Stage> {
    const place = await openPlace(store)
    try {
      await (await openStore(place.url)).close()
      await place.prepare()
      return new Stage(place)
    } catch (error) {
      await place.close()
      throw error
    }
  }

  /** They end with it, at the latest. */
  add(slots: readonly Slot[]): void {
    this.#slots.push(...slots)
  }

  /** What came of it: when all has come to rest, and nobody works any more. */
  async outcome(keep: boolean): Promise<Outcome> {
    const store = await openStore(this.place.url)
    const jobs = await restingJobs(store)
    await store.close()
    const verdict = check({ entries: readWitnesses(this.witnesses), jobs, rows: await this.place.rows() })
    const isKept = keep || verdict.problems.length > 0
    if (!isKept) rmSync(this.witnesses, { recursive: true })
    return { verdict, leftOut: this.place.leftOut, witnesses: isKept ? this.witnesses : null }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.end()))
    process.off('exit', this.#onExit)
    this.clock.close()
    await this.place.close()
  }
}

/** Lets processes end in their own time. */
export async function retireAll(slots: readonly Slot[]): Promise<void> {
  await Promise.all(slots.map((slot) => slot.retire()))
}
