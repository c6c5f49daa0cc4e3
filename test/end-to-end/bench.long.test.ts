import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Measurement, Unit } from '../../bench/measurement.ts'
import { BEYOND_INSERT } from '../../bench/pickup.ts'
import { sqlite } from '../../bench/suites/sqlite.ts'
import { judge } from '../../bench/target.ts'

const RUN = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))
const RUN_PEERS = fileURLToPath(new URL('../../bench/run-peers.ts', import.meta.url))
const COMPARE = fileURLToPath(new URL('../../bench/compare.ts', import.meta.url))
const { scenarios } = sqlite
const UNITS: readonly Unit[] = ['jobs/s', 'ms', 'MB', '%', 'jobs', 'errors', 'per s', '×']

const run = (...values: string[]) => promisify(execFile)(process.execPath, [RUN, ...values])
const runPeers = (...values: string[]) => promisify(execFile)(process.execPath, [RUN_PEERS, ...values])
const compare = (...values: string[]) => promisify(execFile)(process.execPath, [COMPARE, ...values])

function measurements({ stdout }: { readonly stdout: string }): Measurement[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('a smoke run of the benchmarks', () => {
  let lines: Measurement[] = []

  beforeAll(async () => {
    lines = measurements(await run('--smoke', '--json'))
  })

  test('prints a figure of Millhand for every scenario', () => {
    const measured = new Set(
      lines.filter(({ system }) => system === 'millhand').map(({ scenario }) => scenario),
    )
    expect([...measured].sort()).toEqual(scenarios.map(({ name }) => name).sort())
  })

  test('prints figures that are numbers with a unit', () => {
    // A difference of two times: where an insert was held up, a job may have begun in less.
    const leastOf = (metric: string) => (metric === BEYOND_INSERT ? Number.NEGATIVE_INFINITY : 0)
    const odd = lines.filter(
      ({ metric, value, unit }) =>
        !(Number.isFinite(value) && value >= leastOf(metric) && UNITS.includes(unit)),
    )
    expect(odd).toEqual([])
  })

  test('prints lines with the same fields', () => {
    const fields = new Set(lines.map((line) => Object.keys(line).join()))
    expect([...fields]).toEqual(['scenario,system,metric,value,unit'])
  })

  test('measures what its targets name', () => {
    const unmeasured = scenarios.flatMap(({ name, targets }) => {
      const own = lines.filter(({ scenario }) => scenario === name)
      const systems = new Set(own.map(({ system }) => system))
      return judge(targets, own)
        .filter(({ target, reached }) => reached === undefined && systems.has(target.over ?? 'millhand'))
        .map(({ target }) => `${name}: ${target.metric}`)
    })
    expect(unmeasured).toEqual([])
  })

  test('finds no job lost and none run twice by several processes', () => {
    const audited = lines.filter(({ metric }) => metric === 'lost' || metric === 'run twice')
    expect(audited.map(({ system, metric, value }) => `${system} ${metric} ${value}`).sort()).toEqual([
      'hand-loop lost 0',
      'hand-loop run twice 0',
      'millhand lost 0',
      'millhand run twice 0',
    ])
  })
})

describe('a smoke run on PostgreSQL', () => {
  /** Those that differ from the ones on SQLite, of the system that needs nothing installed. */
  const NAMES = ['drain-20k', 'old-snapshot', 'history-1m', 'limited-keys']

  test('starts a server of its own, and prints figures of every scenario that is asked for', async () => {
    const lines = measurements(
      await runPeers('--smoke', '--json', '--systems', 'millhand,hand-loop', ...NAMES),
    )
    expect([...new Set(lines.map(({ scenario }) => scenario))]).toEqual(NAMES)
    expect(lines.filter(({ value }) => !(Number.isFinite(value) && value > 0))).toEqual([])
  })

  test('refuses a system that is not there', async () => {
    const refused = await runPeers('--systems', 'hand').catch((error: { stderr: string }) => error)
    expect(refused.stderr).toContain("no system 'hand'; there are millhand, hand-loop")
  })
})

describe('a comparison of the working tree with a commit', () => {
  const GIVEN = ['--base', 'HEAD', '--smoke', '--json', '--pairs', '2', 'sqlite/drain', 'postgres/drain-20k']

  test('measures both in pairs, on each store, and gives the ratios', async () => {
    const { stdout } = await compare(...GIVEN, '--at-least', '0')
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toMatchObject([
      { name: 'sqlite/drain rate', pairs: 2, met: true },
      { name: 'postgres/drain-20k rate', pairs: 2, met: true },
    ])
    for (const { ratio } of lines) expect(ratio.min).toBeGreaterThan(0)
  })

  test('ends with 1 where a rate does not reach what it has to', async () => {
    const given = ['--base', 'HEAD', '--smoke', '--pairs', '1', '--at-least', '10', 'sqlite/drain']
    const refused = await compare(...given).catch((error: { code: number; stdout: string }) => error)
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('TOO SLOW') })
  })

  test('refuses a commit that is not there', async () => {
    const refused = await compare('--base', 'nowhere').catch((error: { stderr: string }) => error)
    expect(refused.stderr).toContain("There is no commit 'nowhere' here")
  })
})

test('every system that the benchmarks compare with takes part, where it is installed', async ({ skip }) => {
  const { stdout, stderr } = await runPeers('--smoke', '--json', 'drain-20k', 'unique-enqueue')
  const [missing] = /^.* left out: .*$/m.exec(stderr) ?? []
  if (missing) skip(`missing: ${missing}`)
  const lines = measurements({ stdout })
  const systemsIn = (name: string) =>
    [...new Set(lines.filter(({ scenario }) => scenario === name).map(({ system }) => system))].sort()
  const peers = ['graphile-worker', 'pg-boss', 'bullmq-redis', 'bullmq-postgres']
  expect(systemsIn('drain-20k')).toEqual(['millhand', 'hand-loop', ...peers].sort())
  expect(systemsIn('unique-enqueue')).toEqual(['millhand', ...peers].sort())
})
