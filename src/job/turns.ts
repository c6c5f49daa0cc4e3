import type { Random } from '../kit/random.ts'

/** How often jobs of a priority start, against those of the others. */
export type Weights = Readonly<Record<string, number>>

/** Of a priority of which nothing is said. */
const WEIGHT = 1

export function weightOf(weights: Weights, priority: number): number {
  return weights[String(priority)] ?? WEIGHT
}

/**
 * So many of the jobs, in the order in which they start: each start draws a priority, with the chance of its weight among those of
 * which a job is left, and takes the first job of it. Whoever draws once for a hundred draws as one who draws a hundred times.
 */
export function draw<Job extends { readonly priority: number }>(
  jobs: readonly Job[],
  { weights, random, count }: { readonly weights: Weights; readonly random: Random; readonly count: number },
): Job[] {
  const left = Map.groupBy(jobs, ({ priority }) => priority)
  const drawn: Job[] = []
  for (const priority of left.keys()) left.get(priority)?.reverse()
  while (drawn.length < count && left.size > 0) {
    const priority = drawOne([...left.keys()], weights, random)
    const ofIt = left.get(priority) ?? []
    const next = ofIt.pop()
    if (ofIt.length === 0) left.delete(priority)
    if (next) drawn.push(next)
  }
  return drawn
}

function drawOne(priorities: readonly number[], weights: Weights, random: Random): number {
  const sum = priorities.reduce((total, priority) => total + weightOf(weights, priority), 0)
  let at = random() * sum
  for (const priority of priorities) {
    at -= weightOf(weights, priority)
    if (at < 0) return priority
  }
  return priorities.at(-1) ?? 0
}
