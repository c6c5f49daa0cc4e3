/**
 * What every build is compared with, unless another one is named: the commit at which the core was found fast enough.
 * It stays the same while features come: each may cost a little, all of them together no more than LEAST_RATIO. Move it
 * only when a commit is faster for good, and say so in docs/performance.md.
 */
export const BASELINE = 'a6fd476'

/** A median below this share of the baseline's rate is a loss. Single pairs scatter by more on a machine that others use. */
export const LEAST_RATIO = 0.97

/** Fewer pairs, and the median follows whatever else the machine did meanwhile. */
export const PAIRS = 11
