import { median } from '../measure.ts'

/** Two builds of the package. */
export type Side = 'base' | 'tree'

/** What both came to, one right after the other. */
export interface Pair {
  readonly base: number
  readonly tree: number
}

export interface Comparison {
  readonly pairs: number
  /** The tree's rate divided by the base's. */
  readonly ratio: { readonly median: number; readonly min: number; readonly max: number }
  readonly medianOfBase: number
  readonly medianOfTree: number
}

/** Who is measured first alternates, A B B A: what grows or cools down in the course of a run favours neither. */
export function orderOf(pair: number): readonly [Side, Side] {
  return pair % 2 === 0 ? ['base', 'tree'] : ['tree', 'base']
}

/** The ratio of each pair by itself: both halves of one met the same machine. */
export function comparisonOf(pairs: readonly Pair[]): Comparison {
  const ratios = pairs.map(({ base, tree }) => tree / base)
  return {
    pairs: pairs.length,
    ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) },
    medianOfBase: median(pairs.map(({ base }) => base)),
    medianOfTree: median(pairs.map(({ tree }) => tree)),
  }
}
