/** Of so many worlds in a row, those of these remainders have limits, orders, sizes and schedules as well. */
const WORLDS = 7
const CONTROLLED: ReadonlySet<number> = new Set([0, 1, 6])

/**
 * Whether a world has what queues are controlled by: limits, orders, sizes, schedules. The others, the seeds of
 * `corpus.ts` among them, are quicker, and everybody in them has more to do with what all jobs have.
 */
export function isControlled(seed: number): boolean {
  return CONTROLLED.has(seed % WORLDS)
}
