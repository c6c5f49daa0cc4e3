import type { Result } from './document.ts'
import type { Measurement } from './measurement.ts'
import { figureOf, ratioTo } from './target.ts'

export interface Overview {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/**
 * All figures in one table: a row for every figure, a column for every system. In brackets: how Millhand's figure
 * compares with this one.
 */
export function overviewOf(results: readonly Result[]): Overview {
  const systems = [...new Set(results.flatMap(({ measured }) => measured.map(({ system }) => system)))]
  const rows = results.flatMap(({ scenario, measured }) =>
    [...new Set(measured.map(({ metric }) => metric))].map((metric) => [
      scenario.name,
      metric,
      ...systems.map((system) => cell(system, metric, measured)),
    ]),
  )
  return { head: ['Scenario', 'Figure', ...systems], rows }
}

/** The same with spaces, for a terminal. */
export function overviewText(results: readonly Result[]): string {
  const { head, rows } = overviewOf(results)
  const lines = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function cell(system: string, metric: string, measured: readonly Measurement[]): string {
  const own = measured.find((each) => each.system === system && each.metric === metric)
  if (!own) return ''
  const ratio = ['jobs/s', 'ms'].includes(own.unit) ? ratioTo(system, metric, measured) : undefined
  return system === 'millhand' || ratio === undefined
    ? figureOf(own)
    : `${figureOf(own)} (${ratio.toFixed(2)} ×)`
}
