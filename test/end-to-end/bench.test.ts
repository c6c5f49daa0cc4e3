import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Measurement } from '../../bench/measurement.ts'
import { withPart } from '../../bench/page.ts'
import { postgres } from '../../bench/suites/postgres.ts'
import { sqlite } from '../../bench/suites/sqlite.ts'
import { judge, wording } from '../../bench/target.ts'

const RUN = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

const run = (...values: string[]) => promisify(execFile)(process.execPath, [RUN, ...values])

test('a scenario runs, and prints a rate of Millhand', async () => {
  const { stdout } = await run('--smoke', '--json', '--systems', 'millhand', 'drain')
  const lines = stdout
    .trim()
    .split('\n')
    .map((line): Measurement => JSON.parse(line))
  expect(lines).toMatchObject([{ scenario: 'drain', system: 'millhand', metric: 'rate', unit: 'jobs/s' }])
})

test('a part of the page is written in its own place, and in no other', () => {
  const page = 'Before.\n\n<!-- begin: a -->\n\nold\n\n<!-- end: a -->\n\nAfter.\n'
  const written = withPart(page, { name: 'a', text: 'new\n' })
  expect(written).toBe('Before.\n\n<!-- begin: a -->\n\nnew\n\n<!-- end: a -->\n\nAfter.\n')
  expect(withPart(written, { name: 'a', text: 'old' })).toBe(page)
  expect(() => withPart(page, { name: 'b', text: 'new' })).toThrow("no place for 'b'")
})

test('docs/performance.md has a place for the figures of every suite', () => {
  const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8')
  for (const { script } of [sqlite, postgres]) {
    expect(withPart(page, { name: script, text: 'new' })).toContain(`begin: ${script} -->\n\nnew\n\n<!-- end`)
  }
})

test('a target on a ratio compares Millhand with the other system', () => {
  const rate = (system: string, value: number): Measurement => {
    return { scenario: 'drain', system, metric: 'rate', value, unit: 'jobs/s' }
  }
  const target = { metric: 'rate', over: 'hand-loop', atLeast: 0.5 }
  expect(wording(target)).toBe('≥ 0.5 × hand-loop')
  expect(judge([target], [rate('millhand', 60), rate('hand-loop', 100)])).toEqual([
    { target, reached: 0.6, met: true },
  ])
  expect(judge([target], [rate('millhand', 40), rate('hand-loop', 100)])).toMatchObject([{ met: false }])
  expect(judge([target], [rate('millhand', 40)])).toEqual([{ target, reached: undefined, met: false }])
})

test('a scenario that does not exist is refused with the names of those that do', async () => {
  const refused = await run('drains').catch((error: { code: number; stderr: string }) => error)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("no scenario 'drains'") })
  expect(refused.stderr).toContain('drain, whole-cycle')
})
