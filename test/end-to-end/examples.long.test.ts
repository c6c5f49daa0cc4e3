import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const FLAGS = ['--conditions=millhand-source', '--disable-warning=ExperimentalWarning']

const names = readdirSync(EXAMPLES).filter((file) => file.endsWith('.ts'))

test.each(names)('examples/%s prints what stands in examples/expected', async (name) => {
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...FLAGS, EXAMPLES + name], { env })
  // What fails on purpose is told there, and nothing else.
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('millhand: '))).toEqual([])
  expect(stdout).toBe(readFileSync(`${EXAMPLES}expected/${name.replace(/\.ts$/, '.txt')}`, 'utf8'))
})

test('every expected output has its example, and an example is short', () => {
  const expected = readdirSync(`${EXAMPLES}expected`).map((file) => file.replace(/\.txt$/, '.ts'))
  expect(expected.sort()).toEqual([...names].sort())
  const lines = names.map((name) => readFileSync(EXAMPLES + name, 'utf8').split('\n').length - 1)
  expect(Math.max(...lines)).toBeLessThanOrEqual(60)
})
