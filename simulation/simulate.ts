import { Chance } from './chance.ts'
import { isControlled } from './controls/share.ts'
import type { Plant } from './database.ts'
import type { Databases } from './databases.ts'
import { Scheduler } from './scheduler.ts'
import { Timeline } from './timeline.ts'
import { Violation, World } from './world.ts'

export interface Simulation {
  readonly databases: Databases
  readonly seed: number
  /** Things that happen before the faults stop. */
  readonly steps: number
  /** Numbers of what clients do and of what goes wrong that is left out. */
  readonly without?: ReadonlySet<number>
  readonly plant?: Plant
}

/** What came of one seed. */
export interface Course {
  readonly seed: number
  /** What must not have been; nothing where all is well. */
  readonly problems: readonly string[]
  /** How many steps it took until the faults stopped, or something was wrong. */
  readonly steps: number
  /** How many things clients have done or have gone wrong. */
  readonly disturbances: number
  /** How often each call of the store was answered, and how often each fault came. */
  readonly calls: ReadonlyMap<string, number>
  readonly faults: ReadonlyMap<string, number>
  /** All that happened, a line an event. */
  story(): string[]
}

/** In one of so many worlds on a server calls go on side by side, and may go another way when it is made again. */
const CROWDED_EVERY = 12

const WORKERS = 3
const CLIENTS = 2

/** Runs one world from its beginning to its end: the same seed always gives the same one. */
export async function simulate({ databases, seed, steps, without, plant }: Simulation): Promise<Course> {
  const chance = new Chance(seed)
  const timeline = new Timeline()
  const database = await databases.make(timeline)
  const parts = { timeline, database, chance: chance.fork(), plant, isControlled: isControlled(seed) }
  const world = await World.make(parts)
  const isCrowded = seed % CROWDED_EVERY === 0
  const scheduler = new Scheduler(world, chance.fork(), { without, isCrowded })
  const problems = await problemsOf(async () => {
    for (let count = 0; count < CLIENTS; count += 1) await world.start('client')
    for (let count = 0; count < WORKERS; count += 1) await world.start('worker')
    await world.settle()
    await scheduler.disturb(steps)
    await scheduler.calm()
    // Also where it fails by itself: whoever is still there would keep what he has locked, and those who tidy up would wait for him.
  }).finally(() => world.end())
  const { calls, story } = world
  return {
    seed,
    problems: story.named(problems),
    steps: scheduler.steps,
    disturbances: scheduler.disturbances,
    calls,
    faults: scheduler.faults,
    story: () => story.lines(),
  }
}

async function problemsOf(run: () => Promise<void>): Promise<readonly string[]> {
  try {
    await run()
    return []
  } catch (error) {
    if (error instanceof Violation) return error.problems
    throw error
  }
}
