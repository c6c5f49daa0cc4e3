import type { Random } from '../kit/random.ts'

/** How often jobs of a priority start, against those of the others. */
export type Weights = Readonly<Record<string, number>>

/** Of a priority of which nothing is said. */
const WEIGHT = 1

export function weightOf(weights: Weights, priority: number): number {
  return weights[String(priority)] ?? WEIGHT
}

/** Draws a priority, with the chance of its weight among those of which a job is left. */
export function drawPriority(priorities: readonly number[], weights: Weights, random: Random): number {
  const sum = priorities.reduce((total, priority) => total + weightOf(weights, priority), 0)
  let at = random() * sum
  for (const priority of priorities) {
    at -= weightOf(weights, priority)
    if (at < 0) return priority
  }
  return priorities.at(-1) ?? 0
}
