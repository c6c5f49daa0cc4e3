import { Chance } from '../simulation/chance.ts'
import { isFinal } from '../src/job/state.ts'
import { sleep, systemClock } from '../src/kit/clock.ts'
import type { Queue } from '../src/queue/queue.ts'
import type { Store } from '../src/store/store.ts'
import { Ledger } from './checks/ledger.ts'
import { percentile, recoveriesMs } from './checks/recovery.ts'
import type { Child } from './child.ts'
import type { Slot } from './crew.ts'
import { HANG, LONG } from './jobs.ts'
import { openQueueOn, openStore } from './open.ts'
import type { StoreKind } from './plan.ts'
import { atRest } from './rest.ts'
import { workerSlots } from './slots.ts'
import { type Outcome, retireAll, Stage } from './stage.ts'
import { readWitness, readWitnesses } from './witness.ts'

export interface RecoverOptions {
  readonly store: StoreKind
  readonly seed: number
  readonly kills: number
  readonly keep: boolean
  readonly onProgress: (words: string) => void
}

/** How soon the jobs of killed workers ran again. */
export interface Recovery {
  readonly kills: number
  readonly recoveries: number
  readonly p50RecoveryMs: number | null
  readonly p99RecoveryMs: number | null
  readonly maxRecoveryMs: number | null
  /** What is promised of 99 in a hundred, and how many of the jobs had to wait for longer. */
  readonly limitMs: number
  readonly late: number
  readonly problems: readonly string[]
}

/** That many run in a worker when it is killed. All else is as it is by default. */
export const JOBS = 30
/** Stores side by side: in one alone, the kill of a leader just after that of another would be another question. */
const PLACES = 4
const WORKERS = 3
const LIMIT_MS = 12_000
/** A worker is killed at any time between two of its beats. */
const BEAT_MS = 3_000
const LOOK_MS = 200

/** Kills one worker after the other, in several stores side by side, and measures each kill. */
export async function recover(options: RecoverOptions): Promise<Recovery> {
  let left = options.kills
  const takeOne = () => {
    if (left === 0) return false
    options.onProgress(`kills to come: ${left}`)
    left -= 1
    return true
  }
  const seeds = Array.from({ length: PLACES }, (_, index) => options.seed * PLACES + index)
  const places = await Promise.all(seeds.map((seed) => recoverIn(options, new Chance(seed), takeOne)))
  const times = places.flatMap((place) => place.times)
  return {
    kills: options.kills,
    recoveries: times.length,
    p50RecoveryMs: percentile(times, 50),
    p99RecoveryMs: percentile(times, 99),
    maxRecoveryMs: percentile(times, 100),
    limitMs: LIMIT_MS,
    late: times.filter((ms) => ms > LIMIT_MS).length,
    problems: places.flatMap(({ outcome }) => outcome.verdict.problems),
  }
}

/** Whether nothing was wrong, and 99 in a hundred jobs ran again in time. */
export function isInTime({ p99RecoveryMs, problems }: Recovery): boolean {
  return problems.length === 0 && p99RecoveryMs !== null && p99RecoveryMs <= LIMIT_MS
}

interface Measured {
  readonly times: readonly number[]
  readonly outcome: Outcome
}

/** Kills workers of one store, until no kill is left to be made. */
async function recoverIn(
  { store, keep }: RecoverOptions,
  chance: Chance,
  takeOne: () => boolean,
): Promise<Measured> {
  await using stage = await Stage.open(store)
  const workers = await workerSlots(stage, { concurrency: JOBS }, WORKERS)
  const killer = new Killer(stage, chance, await openStore(stage.place.url))
  while (takeOne()) await killer.kill(chance.pick(workers))
  await killer.end()
  await atRest(stage.place.url, () => {})
  await retireAll(workers)
  const times = recoveriesMs(new Ledger({ entries: readWitnesses(stage.witnesses), jobs: [] }))
  return { times, outcome: await stage.outcome(keep) }
}

class Killer {
  readonly #stage: Stage
  readonly #chance: Chance
  readonly #store: Store
  readonly #queue: Queue

  constructor(stage: Stage, chance: Chance, store: Store) {
    this.#stage = stage
    this.#chance = chance
    this.#store = store
    this.#queue = openQueueOn(store)
  }

  /** So many that all workers are full. One that has lost its lease on a busy machine lets go of what it had. */
  async #fill(): Promise<void> {
    const unfinished = await this.#queue.count({ state: ['pending', 'running'] })
    const count = WORKERS * JOBS - unfinished
    if (count <= 0) return
    const jobs = await this.#queue.enqueueMany(
      LONG,
      Array.from({ length: count }, () => HANG),
    )
    this.#stage.witness.write({ kind: 'acknowledged', ids: jobs.map(({ id }) => id) })
  }

  /** Waits until the worker is full, kills it, and waits until all that ran in it has run again. */
  async kill(slot: Slot): Promise<void> {
    while (this.#runningIn(slot.child).size < JOBS) {
      await this.#fill()
      await sleep(systemClock, LOOK_MS)
    }
    await sleep(systemClock, this.#chance.random() * BEAT_MS)
    const { child } = slot
    this.#stage.witness.write({ kind: 'fault', fault: 'kill a worker', target: child.name, forMs: 0 })
    child.signal('SIGKILL')
    await child.ended
    const ids = [...this.#runningIn(child)]
    while (!(await this.#haveEnded(ids))) await sleep(systemClock, LOOK_MS)
  }

  /** What hangs still is cancelled. */
  async end(): Promise<void> {
    const jobs = await this.#queue.list({ state: ['pending', 'running'], limit: 1_000 })
    await this.#queue.cancel(jobs.map(({ id }) => id))
    await this.#queue.close()
  }

  /** The jobs that a process has started and not ended, as it has written down. */
  #runningIn({ name }: Child): ReadonlySet<string> {
    const running = new Set<string>()
    for (const entry of readWitness(this.#stage.witnesses, name)) {
      if (entry.kind === 'started') running.add(entry.id)
      if (entry.kind === 'ended') running.delete(entry.id)
    }
    return running
  }

  async #haveEnded(ids: readonly string[]): Promise<boolean> {
    const jobs = await this.#store.catalog.get(ids)
    return jobs.every(({ state }) => isFinal(state))
  }
}
