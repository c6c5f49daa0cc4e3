import { rowsOf } from './report.ts'
import type { Measurement, Scenario } from './scenario.ts'
import { figureOf, judge, type Verdict, wording } from './target.ts'

export interface Result {
  readonly scenario: Scenario
  readonly measured: readonly Measurement[]
}

/** The text of docs/performance.md. */
export function documentOf(
  results: readonly Result[],
  { machine, date }: { machine: string; date: string },
): string {
  return [
    INTRODUCTION,
    `Measured on ${date}: ${machine}.`,
    '## Targets',
    table(['Scenario', 'Figure', 'Target', 'Reached', ''], results.flatMap(targetRows)),
    ...results.flatMap(section),
    SYSTEMS,
  ].join('\n\n')
}

const INTRODUCTION = `# Performance

What Millhand does in a second, and what it costs while it does nothing. Every figure comes from the scenarios in
\`bench/scenarios/\`; this page is written by them and not by hand:

\`\`\`sh
npm ci --prefix bench/peers       # what Millhand is compared with; without it that part is left out
npm run bench                     # all scenarios
npm run bench -- drain --json     # one of them, for programs
npm run bench -- --write          # all of them, and this page
\`\`\`

Millhand runs at its default settings. A rate is the best of three rounds in which the systems take turns: other load
on the machine can only slow a round down. Latencies are of all samples. What counts are the ratios within one run;
the figures themselves are those of this machine, and above all of its disk.`

const SYSTEMS = `## What it is compared with

- **hand-loop**: the limit. A loop written by hand on Millhand's own schema, with the statements that a job must cost:
  insert, claim and settle in batches of 200, inserts and outcomes flushed to the disk. It checks nothing, has no
  handlers, no lease, no retries and no events.
- **plainjob** 0.0.14: a queue on SQLite, with the loop of its own benchmark. It runs one job at a time and does not
  flush its commits (\`synchronous = normal\`): after a power cut, jobs that it has acknowledged may be gone. It polls;
  here every 10 ms (its default is a second). Its driver, better-sqlite3, is replaced by the SQLite in Node, with
  which it was measured to be as fast.
`

function section({ scenario, measured }: Result): string[] {
  const rows = rowsOf(scenario, measured).map((row) => [
    row.system,
    row.metric,
    row.figure,
    row.ratio,
    row.target,
  ])
  return [
    `## ${scenario.name}`,
    scenario.about,
    table(['System', 'Metric', 'Figure', 'Ratio', 'Target'], rows),
  ]
}

function targetRows({ scenario, measured }: Result): string[][] {
  return judge(scenario.targets, measured).map((verdict) => [
    `[${scenario.name}](#${scenario.name})`,
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

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
