import type { Weights } from './turns.ts'

/**
 * In which order the jobs of a queue start: by priority and due time, in the order in which they were due, the newest
 * first, or by chance, with a weight for each priority.
 */
export const ORDERS = ['priority', 'fifo', 'lifo', 'weighted'] as const

export type Order = (typeof ORDERS)[number]

/** What is set for a queue of its order. */
export interface OrderSettings {
  readonly order?: Order | undefined
  /** Milliseconds of waiting that count as much as one step of priority. */
  readonly aging?: number | undefined
  readonly weights?: Weights | undefined
}

/** What a job was asked to start by: higher priorities first, then earlier due times. */
export interface Asked {
  readonly priority: number
  readonly dueAt: number
}

/** Where a job stands: of two, the one of the higher rank starts first, then the one of the earlier place, then the older. */
interface Standing {
  readonly rank: number
  readonly place: number
}

/**
 * An order as stores keep it and reckon with it: the rank is `rankBy` times the priority, and the place is `dueBy` times the due
 * time and `priorityBy` times the priority. A job gets them once, when it becomes ready, and nothing is sorted anew. Where there are
 * `weights`, whoever claims draws among the ranks: see `turns.ts`.
 */
export interface OrderRule {
  readonly rankBy: number
  readonly dueBy: number
  readonly priorityBy: number
  readonly weights: Weights | null
}

/** The rule of an order; `null`: the rank is the priority and the place the due time, as in any queue for which nothing is set. */
export function orderRule({ order = 'priority', aging, weights = {} }: OrderSettings): OrderRule | null {
  if (order === 'fifo') return { rankBy: 0, dueBy: 1, priorityBy: 0, weights: null }
  if (order === 'lifo') return { rankBy: 0, dueBy: -1, priorityBy: 0, weights: null }
  if (order === 'weighted') return { rankBy: 1, dueBy: 1, priorityBy: 0, weights }
  // Who waits for so much longer has made good a step of priority: the difference of two places stays what it is.
  return aging === undefined ? null : { rankBy: 0, dueBy: 1, priorityBy: -aging, weights: null }
}

/** Where a job stands that is due: the one place where that is decided. */
export function standingOf({ priority, dueAt }: Asked, rule: OrderRule | null): Standing {
  if (rule === null) return { rank: priority, place: dueAt }
  const { rankBy, dueBy, priorityBy } = rule
  return { rank: rankBy * priority, place: dueBy * dueAt + priorityBy * priority }
}

/** The same in SQL, of the columns of a rule and of what was asked for. */
export function standingSql(
  rule: string,
  { priority, dueAt }: { readonly priority: string; readonly dueAt: string },
): { readonly rank: string; readonly place: string } {
  return {
    rank: `${rule}.rank_by * ${priority}`,
    place: `${rule}.due_by * ${dueAt} + ${rule}.priority_by * ${priority}`,
  }
}

/** Whether a job stands at the same place by both. Weights are not heeded before somebody draws. */
export function placesAlike(one: OrderSettings, other: OrderSettings): boolean {
  const [left, right] = [orderRule(one), orderRule(other)]
  return (
    JSON.stringify({ ...left, weights: !left?.weights }) ===
    JSON.stringify({ ...right, weights: !right?.weights })
  )
}
