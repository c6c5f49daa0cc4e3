import { describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { type Came, closingOf } from '../support/closing-line.ts'
import { fileAt, filesLike } from './reading/files.ts'

const PASSED: Came = { name: 'a', state: 'passed' }
const NO_REDIS: Came = { name: 'b', state: 'skipped', reason: 'missing: redis-server' }
const ROOT: Came = { name: 'c', state: 'skipped', reason: 'root may write what it likes' }
const NO_REASON: Came = { name: 'd', state: 'skipped' }

describe('the last line of a run', () => {
  test('has the counts alone, after the reason of each skip', () => {
    const closing = closingOf([PASSED, NO_REDIS, { name: 'e', state: 'failed' }], {
      broken: 1,
      strict: false,
    })
    expect(closing).toEqual({
      lines: ['skipped: b: missing: redis-server', '1 passed, 2 failed'],
      refused: false,
    })
  })

  test('where everything is installed, a skip for a missing tool or without a reason is a failure', () => {
    const closing = closingOf([PASSED, NO_REDIS, ROOT, NO_REASON], { broken: 0, strict: true })
    expect(closing.lines.slice(-3)).toEqual([
      'not to be skipped here: b',
      'not to be skipped here: d, without a reason',
      '1 passed, 2 failed',
    ])
    expect(closing.refused).toBe(true)
  })

  test('where everything is installed, what cannot be tested there may be skipped with its reason', () => {
    const closing = closingOf([PASSED, ROOT], { broken: 0, strict: true })
    expect(closing.lines.at(-1)).toBe('1 passed, 0 failed')
    expect(closing.refused).toBe(false)
  })
})

describe('the gate', () => {
  const { scripts } = manifest

  test('runs the quick and the long tests, and every command that it names is a script', () => {
    const commands = [...fileAt('.ci/run').text.matchAll(/^ *npm (?:run )?(\S+)/gm)].map(([, name]) => name)
    expect(commands).toEqual(expect.arrayContaining(['check', 'test:long', 'demo', 'build']))
    expect(commands.filter((name) => name !== 'ci' && !(`${name}` in scripts))).toEqual([])
  })

  test('no test is left out: each file runs in one of its commands', () => {
    const suffixes = filesLike(/^test\/.*\.test\.ts$/).map(({ path }) => /\.(\w+)\.test\.ts$/.exec(path)?.[1])
    const known = [undefined, 'long', 'nightly']
    expect(suffixes.filter((suffix) => !known.includes(suffix))).toEqual([])
    expect(scripts.test).toContain('"**/*.{long,nightly}.test.ts"')
    expect(scripts['test:long']).toContain('.long.test.ts')
    expect(scripts['test:nightly']).toContain('.nightly.test.ts')
  })
})
