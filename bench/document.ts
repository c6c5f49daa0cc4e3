import type { Measurement } from './measurement.ts'
import { rowsOf } from './report.ts'
import type { Scenario } from './scenario.ts'
import { figureOf, judge, type Verdict, wording } from './target.ts'

export interface Result {
  readonly scenario: Scenario
  readonly measured: readonly Measurement[]
}

/** What the scenarios had to reach, and what they did. `nameOf` says how a scenario is called there. */
export function targetTable(results: readonly Result[], nameOf: (scenario: Scenario) => string): string {
  const rows = results.flatMap((result) => targetRows(result, nameOf(result.scenario)))
  return markdownTable(['Scenario', 'Figure', 'Target', 'Reached', ''], rows)
}

/** A heading, what the scenario does, and its figures. */
export function section({ scenario, measured }: Result): string[] {
  const rows = rowsOf(scenario, measured).map((row) => [
    row.system,
    row.metric,
    row.figure,
    row.ratio,
    row.target,
  ])
  return [
    `### ${scenario.name}`,
    scenario.about,
    markdownTable(['System', 'Metric', 'Figure', 'Ratio', 'Target'], rows),
  ]
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function targetRows({ scenario, measured }: Result, name: string): string[][] {
  return judge(scenario.targets, measured).map((verdict) => [
    name,
    verdict.target.metric,
    wording(verdict.target),
    reachedText(verdict, measured),
    verdict.met ? 'met' : '**not met**',
  ])
}

function reachedText({ target, reached }: Verdict, measured: readonly Measurement[]): string {
  if (reached === undefined) return 'not measured'
  const own = measured.find((each) => each.system === 'millhand' && each.metric === target.metric)
  return figureOf({ value: reached, unit: target.over === undefined ? (own?.unit ?? '×') : '×' })
}
