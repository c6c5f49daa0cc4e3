import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fileLine, nextSteps } from '../../../src/cli/commands/init.ts'
import { layOut } from '../../../src/cli/init/lay-out.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { KeptStream } from './stream.ts'

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

test('a file that imports from a kept one what is not there is told', () => {
  const mine = { 'package.json': '{"type":"module"}', 'jobs/specs.ts': 'export const mine = 1' }
  const { broken } = layOut(emptyFolder(mine))
  const missed = { kept: 'jobs/specs.ts', name: 'greet' }
  expect(broken).toEqual([
    { path: 'jobs/handlers.ts', ...missed },
    { path: 'server.ts', ...missed },
  ])
  expect(layOut(emptyFolder({ ...mine, 'server.ts': '', 'jobs/handlers.ts': '' })).broken).toEqual([])
  expect(layOut(emptyFolder({ ...mine, 'jobs/specs.ts': 'export const greet = 1' })).broken).toEqual([])
})

test('of a server that is not ours, or that cannot start, nothing is promised', () => {
  const commands = (files: Readonly<Record<string, string>>) =>
    nextSteps({ installed: true, typed: true, layout: layOut(emptyFolder(files)) }).map(
      ({ command }) => command,
    )
  expect(commands({})).toContain('node server.ts')
  expect(commands({ 'server.ts': 'mine' })).not.toContain('node server.ts')
  expect(commands({ 'jobs/specs.ts': 'mine' })).not.toContain('node server.ts')
})

test('what was kept is said to be kept, and not what it would have been', () => {
  const terminal = new Terminal({ stdout: new KeptStream(), stderr: new KeptStream(), env: {}, json: false })
  const [manifest] = layOut(emptyFolder({ 'package.json': '{}' })).files
  expect(manifest && fileLine(manifest, terminal)).toMatch(/^kept {2}package\.json +yours: nothing was/)
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
  expect(() => layOut(emptyFolder({ jobs: 'a file' }))).toThrow(
    /jobs\/specs\.ts cannot be written: jobs is a file, and would have to be a folder\. Made before it: package\.json, tsconfig\.json, /,
  )
})

function emptyFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-init-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

test('the tsconfig.json of init is the one that the README shows', () => {
  const folder = emptyFolder()
  layOut(folder)
  const readme = readFileSync('README.md', 'utf8')
  const [, shown = ''] = /`tsconfig\.json`.*?```json\n(.*?)```/s.exec(readme) ?? []
  expect(readFileSync(join(folder, 'tsconfig.json'), 'utf8')).toBe(shown)
})
