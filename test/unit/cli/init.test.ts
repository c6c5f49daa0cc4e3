import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { layOut } from '../../../src/cli/init/lay-out.ts'

test('an empty folder gets a layout of modules', () => {
  const folder = emptyFolder()
  const { ending, files } = layOut(folder)
  expect(ending).toBe('ts')
  expect(files.map(({ status }) => status)).toEqual(files.map(() => 'made'))
  expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({ type: 'module' })
})

test('what is there is kept to the byte, and said to be', () => {
  const folder = emptyFolder({
    'server.ts': 'mine',
    'package.json': '{"type":"module"}',
    'millhand.yaml': '',
  })
  const kept = layOut(folder).files.filter(({ status }) => status === 'kept')
  expect(kept.map(({ path }) => path)).toEqual(['package.json', 'millhand.yaml', 'server.ts'])
  expect(kept.some(({ unchanged }) => unchanged)).toBe(false)
  expect(readFileSync(join(folder, 'server.ts'), 'utf8')).toBe('mine')
  expect(readdirSync(folder)).not.toContain('millhand.config.ts')
})

test('a second call keeps all of the first', () => {
  const folder = emptyFolder()
  layOut(folder)
  const again = layOut(folder).files
  expect(again.every(({ status, unchanged }) => status === 'kept' && unchanged)).toBe(true)
})

test.each([
  '{"dependencies":{"millhand":"^0.1.0"}}',
  '{"type":"commonjs"}',
])('in a package that is not of modules the files are named so that they are: %s', (manifest) => {
  const { ending, files } = layOut(emptyFolder({ 'package.json': manifest }))
  expect(ending).toBe('mts')
  expect(files.filter(({ path }) => path.endsWith('.ts'))).toEqual([])
})

test('a folder that cannot take the files is told', () => {
  expect(() => layOut(emptyFolder({ jobs: 'a file' }))).toThrow(/jobs\/specs\.ts cannot be written: /)
})

function emptyFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-init-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(folder, { recursive: true })
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
  return folder
}
