import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../repository/reading/files.ts'
import { oldNode } from '../support/old-node.ts'
import { Packed, plainEnvironment } from '../support/packed.ts'

/** The oldest that the declarations are for, the last one that is written in JavaScript, and the one of the repository. */
const COMPILERS = ['typescript-5.6', 'typescript-5.9', 'typescript']
const TYPES_OF_NODE = ['@types/node', 'undici-types']
const ENTRIES = ['millhand', 'millhand/config', 'millhand/testing']

const execute = promisify(execFile)
let packed: Packed
beforeAll(async () => {
  packed = await Packed.make()
})
afterAll(() => packed?.remove())

const APP = `
import { defineJob, openQueue, Worker } from 'millhand'
import { loadConfig } from 'millhand/config'
import { openTestQueue } from 'millhand/testing'

async function main(): Promise<void> {
  const { config } = await loadConfig({ file: false, jobs: false })
  const add = defineJob({ name: 'math.add', run: () => 3 })
  const queue = await openQueue('sqlite:jobs.db', config.queue)
  const worker = new Worker(queue, { jobs: [add] })
  await worker.start()
  const sum: number = await (await queue.enqueue(add)).result()
  await worker.stop()
  await queue.close()
  const { queue: tested } = await openTestQueue()
  await tested.close()
  const code = await openQueue('postgres://localhost/app').then(() => 'opened', (error) => error.code)
  console.log(JSON.stringify({ sum, code }))
}

void main()
`

describe('without pg and its types', () => {
  test('a program on SQLite runs, and is told what PostgreSQL needs', async () => {
    const folder = app('runs', { type: 'module' }, {})
    expect(await run(folder, ['app.ts'])).toEqual({ sum: 3, code: 'driver_missing' })
  })

  test('a command on PostgreSQL is told so as well', async () => {
    const folder = app('commands', { type: 'module' }, {})
    const main = 'node_modules/millhand/dist/cli/main.js'
    const { stderr } = await end(folder, [main, 'jobs', '--store', 'postgres://localhost/app'])
    expect(stderr).toMatch(/^error: .*'npm install pg'\. \(driver_missing\)$/m)
  })

  test('a program is bundled', async () => {
    const folder = app('bundled', { type: 'module' }, {})
    const esbuild = join(ROOT, 'node_modules/esbuild/bin/esbuild')
    const options = ['--bundle', '--platform=node', '--format=esm', '--outfile=out.mjs', '--log-level=error']
    await execute(process.execPath, [esbuild, 'app.ts', ...options], { cwd: folder })
    expect(await run(folder, ['out.mjs'])).toMatchObject({ sum: 3 })
  })

  test.each(COMPILERS)('%s finds nothing in the declarations', async (compiler) => {
    const options = { module: 'nodenext', skipLibCheck: false, noEmit: true }
    expect(await compile(app(`checked-${compiler}`, { type: 'module' }, options), compiler)).toBe('')
  })
})

describe('in a package of CommonJS', () => {
  const MODULES = [
    ['typescript-5.6', { module: 'node16' }],
    ['typescript-5.9', { module: 'node16' }],
    ['typescript', { module: 'node16' }],
    ['typescript-5.6', { module: 'commonjs', moduleResolution: 'node10' }],
    ['typescript-5.9', { module: 'commonjs', moduleResolution: 'node10' }],
    ['typescript', { module: 'commonjs', moduleResolution: 'bundler' }],
  ] as const

  test.each(MODULES)('what %s makes of a program with %j runs', async (compiler, options) => {
    const name = `commonjs-${compiler}-${options.module}`
    const folder = app(name, { type: 'commonjs' }, { ...options, skipLibCheck: false, outDir: 'out' })
    expect(await compile(folder, compiler)).toBe('')
    expect(await run(folder, ['out/app.js'])).toEqual({ sum: 3, code: 'driver_missing' })
  })
})

describe('on a Node that is too old', () => {
  const SENTENCE = /^Millhand needs Node 22\.18 or newer, and this is Node [\d.]+\.$/

  test.each(ENTRIES)('an import of %s says so in a sentence', async (entry) => {
    const node = await oldNode()
    const script = `import('${entry}').then(() => 'fine', (error) => error.message).then(console.log)`
    const { stdout } = await end(app('old-import', {}, {}), [...node.flags, '-e', script], node.path)
    expect(stdout.trim()).toMatch(SENTENCE)
  })

  test.each(['jobs', '--help', 'work'])('millhand %s says so in a sentence, and fails', async (word) => {
    const node = await oldNode()
    const main = 'node_modules/millhand/dist/cli/main.js'
    const { code, stderr } = await end(app('old-command', {}, {}), [...node.flags, main, word], node.path)
    expect(stderr.trim().replace(/^error: (.*) \(node_too_old\)$/, '$1')).toMatch(SENTENCE)
    expect(code).toBe(1)
  })

  test('the doctor has it among its findings', async () => {
    const node = await oldNode()
    const words = ['node_modules/millhand/dist/cli/main.js', 'doctor', '--json']
    const { stdout } = await end(app('old-doctor', {}, {}), [...node.flags, ...words], node.path)
    const { ok, checks } = JSON.parse(stdout)
    expect([ok, checks]).toEqual([
      false,
      [expect.objectContaining({ check: 'node', text: expect.stringMatching(SENTENCE) })],
    ])
  })
})

/** A folder with the program and the package, made once. */
function app(name: string, manifest: object, compilerOptions: object): string {
  const folder = join(packed.contents, '..', name)
  if (existsSync(folder)) return folder
  packed.install(name, TYPES_OF_NODE)
  const options = { target: 'es2022', lib: ['es2023', 'esnext.disposable'], strict: true, types: ['node'] }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'app.ts'), APP)
  const tsconfig = { compilerOptions: { ...options, ...compilerOptions }, files: ['app.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  mkdirSync(join(folder, 'out'))
  return folder
}

async function compile(folder: string, compiler: string): Promise<string> {
  const script = join(ROOT, 'node_modules', compiler, 'bin/tsc')
  return (await end(folder, [script, '--pretty', 'false'])).stdout
}

/** Gives what a program told as JSON. */
async function run(folder: string, words: readonly string[]): Promise<unknown> {
  const { stdout, stderr } = await end(folder, words)
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

interface Ended {
  readonly code?: unknown
  readonly stdout: string
  readonly stderr: string
}

function end(folder: string, words: readonly string[], node = process.execPath): Promise<Ended> {
  const options = { cwd: folder, env: plainEnvironment() }
  return execute(node, [...words], options).catch((error: Ended) => error)
}
