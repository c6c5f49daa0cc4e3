import type { Measurement } from './measurement.ts'
import type { Scenario } from './scenario.ts'
import { figureOf, judge, ratioTo, type Verdict, wording } from './target.ts'

/** A row of the table of a scenario: one figure of one system. */
export interface Row {
  readonly system: string
  readonly metric: string
  readonly figure: string
  /** How Millhand's figure compares with this one: `0.62 × hand-loop`. */
  readonly ratio: string
  readonly target: string
}

/** The figures of a scenario, Millhand's ratio to each of the others, and what became of its targets. */
export function rowsOf(scenario: Scenario, measured: readonly Measurement[]): Row[] {
  const verdicts = judge(scenario.targets, measured)
  return measured.map((measurement) => {
    const { system, metric } = measurement
    return {
      system,
      metric,
      figure: figureOf(measurement),
      ratio: isRival(measurement) ? ratioText(measurement, measured) : '',
      target: verdicts
        .filter((verdict) => isAbout(verdict, measurement))
        .map(verdictText)
        .join('; '),
    }
  })
}

export function tableOf(scenario: Scenario, measured: readonly Measurement[]): string {
  const rows = rowsOf(scenario, measured).map(({ system, metric, figure, ratio, target }) => [
    system,
    metric,
    figure,
    ratio,
    target,
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  return [`${scenario.name}: ${scenario.about}`, ...lines.map((line) => `  ${line}`)].join('\n')
}

/** One line of JSON for every figure, and for every ratio of Millhand's rate to another system's. */
export function linesOf(measured: readonly Measurement[]): string[] {
  const ratios = measured.filter(isRival).flatMap(({ scenario, system, metric }): Measurement[] => {
    const value = ratioTo(system, metric, measured)
    if (value === undefined) return []
    return [{ scenario, system: 'millhand', metric: `${metric} to ${system}`, value, unit: '×' }]
  })
  return [...measured, ...ratios].map(({ scenario, system, metric, value, unit }) =>
    JSON.stringify({ scenario, system, metric, value: Number(value.toPrecision(DIGITS)), unit }),
  )
}

const DIGITS = 6

/** Whether this is a rate of another system: only rates are put into a ratio. */
function isRival({ system, unit }: Measurement): boolean {
  return system !== 'millhand' && unit === 'jobs/s'
}

function ratioText({ system, metric }: Measurement, measured: readonly Measurement[]): string {
  const ratio = ratioTo(system, metric, measured)
  return ratio === undefined ? '' : `millhand: ${ratio.toFixed(2)} ×`
}

/** A ratio is told beside the system that it is to; the rest beside Millhand's own figure. */
function isAbout({ target }: Verdict, { system, metric }: Measurement): boolean {
  return target.metric === metric && (target.over ?? 'millhand') === system
}

function verdictText({ target, reached, met }: Verdict): string {
  const bound = wording(target)
  return reached === undefined
    ? `target ${bound}: not measured`
    : `target ${bound}: ${met ? 'met' : 'not met'}`
}
