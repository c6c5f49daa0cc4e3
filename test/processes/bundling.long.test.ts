import { execFile } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { fileAt } from '../repository/reading/files.ts'
import { oldNode } from '../support/old-node.ts'
import { emptySchema } from '../support/postgres.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const APP = fileURLToPath(new URL('./bundled-app.ts', import.meta.url))
/** A limit for a machine that is busy with something else. */
const BUSY_MS = 180_000

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'millhand-bundling-'))
/** Where programs were taken to. */
const places: string[] = []
afterAll(() => {
  for (const made of [folder, ...places]) rmSync(made, { recursive: true, force: true })
})

/** The package as it is installed, built of the sources as they are now, and a program that uses it. */
beforeAll(async () => {
  const installed = join(folder, 'node_modules/millhand')
  mkdirSync(installed, { recursive: true })
  const options = ['--folder', join(installed, 'dist'), '--no-declarations']
  await run(process.execPath, ['scripts/build.ts', ...options], { cwd: ROOT, env: plainEnvironment() })
  copyFileSync(join(ROOT, 'package.json'), join(installed, 'package.json'))
  for (const name of [...Object.keys(manifest.dependencies), 'pg'].filter((each) => !each.startsWith('@')))
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  copyFileSync(APP, join(folder, 'app.ts'))
}, BUSY_MS)

/** The commands of the page, as they stand there. */
const COMMANDS = [...fileAt('docs/bundling.md').text.matchAll(/^```sh\nnpx (.*)\n```$/gm)].map(
  ([, command = '']) => command,
)

const STORES = {
  sqlite: async (place: string) => ({ url: `sqlite:${join(place, 'jobs.db')}`, release: () => {} }),
  postgres: () => emptySchema(),
}

describe.each(Object.entries(STORES))('a program on %s', (_, openStore) => {
  test.each(COMMANDS)(
    'that is bundled by `%s` works where nothing else is, with its beat thread alive',
    async (command) => {
      const place = await bundle(command)
      const { url, release } = await openStore(place)
      const file = join(place, /out\/\S+/.exec(command)?.[0] ?? 'out/app.js')
      expect(await start([file], url)).toEqual(FINE)
      release()
    },
    BUSY_MS,
  )

  test(
    'works as it is installed, also as a text that is given to Node',
    async () => {
      const { url, release } = await openStore(mkdtempSync(join(folder, 'place-')))
      expect(await start([join(folder, 'app.ts')], url)).toEqual(FINE)
      const text = `await import(${JSON.stringify(join(folder, 'app.ts'))})`
      expect(await start(['--input-type=module', '--eval', text], url)).toEqual(FINE)
      release()
    },
    BUSY_MS,
  )
})

test('what the build exports is called in a stack as it is in the documentation', async () => {
  for (const entry of ['index', 'config/index', 'testing/index', 'postgres/index']) {
    const built = await import(pathToFileURL(join(folder, `node_modules/millhand/dist/${entry}.js`)).href)
    for (const [name, value] of Object.entries(built)) expect((value as { name: string }).name).toBe(name)
  }
})

test.each(COMMANDS)(
  'a Node that is too old says so in a sentence, of a program that is bundled by `%s`',
  async (command) => {
    const place = await bundle(command)
    const texts = readdirSync(join(place, 'out')).map((name) =>
      readFileSync(join(place, 'out', name), 'utf8'),
    )
    // What an old Node does not have is no import: those of all modules come before everything else.
    for (const text of texts) expect(text).not.toMatch(/(from|import|require\()\s*["']node:sqlite["']/)
    const file = join(place, /out\/\S+/.exec(command)?.[0] ?? 'out/app.js')
    const { path, flags } = await oldNode()
    const ended = run(path, [...flags, file], { env: { ...plainEnvironment(), STORE: 'sqlite:jobs.db' } })
    await expect(ended).rejects.toThrow(/Millhand needs Node 22\.18 or newer, and this is Node /)
  },
  BUSY_MS,
)

test('the page names esbuild and Rolldown', () => {
  expect(COMMANDS.map((command) => command.split(' ')[0])).toEqual([
    'esbuild',
    'esbuild',
    'esbuild',
    'rolldown',
  ])
})

const FINE = { results: ['fine'], beats: true, errors: [] }

/** Bundles the program, and takes what came of it to a place without the sources and the packages. */
async function bundle(command: string): Promise<string> {
  const [bundler = '', ...given] = words(command)
  await run(join(ROOT, 'node_modules/.bin', bundler), given, { cwd: folder, env: plainEnvironment() })
  const place = mkdtempSync(join(tmpdir(), 'millhand-bundled-'))
  places.push(place)
  renameSync(join(folder, 'out'), join(place, 'out'))
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
  if (command.includes('--external:pg')) {
    mkdirSync(join(place, 'node_modules'))
    symlinkSync(join(ROOT, 'node_modules/pg'), join(place, 'node_modules/pg'))
  }
  return place
}

/** The words of a command as a shell reads them, with single quotes around what has spaces in it. */
function words(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)
}

/** Starts a program and gives what it told. */
async function start(given: string[], url: string): Promise<unknown> {
  const options = { env: { ...plainEnvironment(), STORE: url }, timeout: BUSY_MS }
  const flags = ['--disable-warning=ExperimentalWarning']
  const { stdout } = await run(process.execPath, [...flags, ...given], options)
  return JSON.parse(stdout)
}

/** Without what makes a Node of the tests run the sources: `millhand` is what is installed. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env
  return environment
}
