import type { Measurement } from './measurement.ts'

/** What Millhand has to reach: a figure of its own, or the ratio of that figure to another system's in the same run. */
export interface Target {
  readonly metric: string
  /** The system to compare with; without it the figure stands for itself. */
  readonly over?: string
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Verdict {
  readonly target: Target
  /** The figure or the ratio; `undefined` where what it needs was not measured. */
  readonly reached: number | undefined
  readonly met: boolean
}

/** Whether Millhand's figures of one scenario reach what they have to. */
export function judge(targets: readonly Target[], measured: readonly Measurement[]): Verdict[] {
  return targets.map((target) => {
    const reached = figure(target, measured)
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = target
    return { target, reached, met: reached !== undefined && reached >= atLeast && reached <= atMost }
  })
}

/** `≥ 0.5 × hand-loop`, `≤ 2`. */
export function wording({ over, atLeast, atMost }: Target): string {
  const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
  return over === undefined ? bound : `${bound} × ${over}`
}

/** A figure for people: `55,826 jobs/s`. */
export function figureOf({ value, unit }: Pick<Measurement, 'value' | 'unit'>): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return `${value.toLocaleString('en', format)} ${unit}`
}

/** The ratio of Millhand's figure to a system's; `undefined` where one of them was not measured. */
export function ratioTo(
  system: string,
  metric: string,
  measured: readonly Measurement[],
): number | undefined {
  const own = findFigure('millhand', metric, measured)
  const other = findFigure(system, metric, measured)
  return own === undefined || other === undefined || other === 0 ? undefined : own / other
}

function figure({ metric, over }: Target, measured: readonly Measurement[]): number | undefined {
  return over === undefined ? findFigure('millhand', metric, measured) : ratioTo(over, metric, measured)
}

function findFigure(system: string, metric: string, measured: readonly Measurement[]): number | undefined {
  return measured.find((each) => each.system === system && each.metric === metric)?.value
}
