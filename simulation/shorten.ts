import { type Course, type Simulation, simulate } from './simulate.ts'

/** So many worlds are tried at most, or until there is nothing left to leave out. */
const TRIES_MAX = 300

/**
 * Looks for a shorter way to the same end: first the least number of steps, then without whatever clients did and went
 * wrong that it does not need. What is left out changes what comes after it, so that not the shortest is found, but one
 * that somebody can read. With less to go wrong more may happen until it does: what takes longer to tell is not taken.
 */
export async function shorten(simulation: Simulation, course: Course): Promise<Course> {
  let best = course
  let { steps } = course
  let without = new Set<number>()
  let tries = 0
  const fails = async (attempt: { steps: number; without: Set<number> }): Promise<boolean> => {
    tries += 1
    const tried = await simulate({ ...simulation, ...attempt })
    if (tried.problems.length === 0 || tried.story().length > best.story().length) return false
    best = tried
    steps = attempt.steps
    without = attempt.without
    return true
  }
  for (let less = steps >> 1; less > 0 && tries < TRIES_MAX; less >>= 1)
    while (steps > less && (await fails({ steps: steps - less, without })));
  for (let size = best.disturbances >> 1; size > 0 && tries < TRIES_MAX; size >>= 1) {
    for (let from = best.disturbances; from > 0 && tries < TRIES_MAX; from -= size)
      await fails({ steps, without: new Set([...without, ...range(from, size)]) })
  }
  return best
}

/** So many numbers that end with `last`. */
function range(last: number, size: number): number[] {
  return Array.from({ length: size }, (_, place) => last - place).filter((number) => number > 0)
}
