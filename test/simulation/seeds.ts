import type { Plant, StoreKind } from '../../simulation/database.ts'
import { startPostgres } from '../../simulation/databases/server.ts'
import { databasesOn } from '../../simulation/databases.ts'
import { type Course, simulate } from '../../simulation/simulate.ts'

interface Seeds {
  readonly store: StoreKind
  readonly from?: number
  readonly count: number
  readonly steps?: number
  readonly plant?: Plant
}

/** Worlds of some length, so that each meets several faults, and comes to 500 calls and more on average. */
const STEPS = 260

/** Runs one world after the other, and stops after the first in which something was wrong. */
export async function coursesOf({ store, from = 1, count, steps = STEPS, plant }: Seeds): Promise<Course[]> {
  // Not that of all tests: what others write there would be taken for what the world has done.
  const server = store === 'postgres' ? await startPostgres() : undefined
  const databases = databasesOn(store, server?.url)
  const courses: Course[] = []
  try {
    for (let seed = from; seed < from + count; seed += 1) {
      const course = await simulate({ databases, seed, steps, ...(plant && { plant }) })
      courses.push(course)
      if (course.problems.length > 0) break
    }
  } finally {
    await databases.remove()
    await server?.remove()
  }
  return courses
}

/** What was wrong, with the seed and the end of its story. */
export function problemsOf(courses: readonly Course[]): string[] {
  return courses
    .filter(({ problems }) => problems.length > 0)
    .flatMap(({ seed, problems, story }) => [`seed ${seed}`, ...problems, ...story().slice(-40)])
}
